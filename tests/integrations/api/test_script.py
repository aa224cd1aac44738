"""A script with only a token and the docs makes a pipeline, key and destination, and waits for its event."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
import requests
from django.db import connection

from accounts.core.permissions import ALL_PERMISSIONS
from accounts.core.principal import system
from accounts.models import Organization
from accounts.services.tokens import issue_token
from delivery.core.addresses import AddressPolicy
from delivery.http import HttpEdge
from delivery.worker import Drain
from integrations.services.lanes import DestinationLanes
from integrations.services.vendors import load_catalogue
from tests.delivery.receiver import receiving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def worker() -> Iterator[None]:
    """A worker's loop on a thread, run again and again as a worker is rung."""
    stopped = threading.Event()

    def work() -> None:
        edge = HttpEdge(policy=AddressPolicy(allowed_networks=("127.0.0.0/8",)))
        try:
            while not stopped.wait(0.05):
                Drain([DestinationLanes()], edge, lease=timedelta(seconds=30)).run(linger_s=0.05)
        finally:
            edge.close()
            connection.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield
    stopped.set()
    thread.join(20)


@pytest.fixture
def token(transactional_db: None) -> str:
    load_catalogue()
    organization = Organization.objects.create(name="Shop", slug=uuid4().hex[:12])
    _, text = issue_token(system("a test"), organization, name="CI", scopes=ALL_PERMISSIONS)
    return text


def test_a_script_sets_up_a_pipeline_and_waits_for_its_event(live_server, settings, worker, token):
    with receiving((200, {})) as vendor, requests.Session() as script:
        settings.SANDBOX_URL = vendor.url.rstrip("/")
        script.trust_env = False
        script.headers["Authorization"] = f"Bearer {token}"
        api = f"{live_server.url}/api/v1"

        def post(path, **body):
            answer = script.post(
                f"{api}/{path}", json=body, headers={"Idempotency-Key": str(uuid4())}, timeout=20
            )
            assert answer.status_code == 201, answer.text
            return answer.json()

        def get(path, **query):
            answer = script.get(f"{api}/{path}", params=query, timeout=20)
            assert answer.status_code == 200, answer.text
            return answer.json()

        cluster = post("clusters", name="Here", base_url=live_server.url)
        pipeline = post("pipelines", cluster=cluster["id"], name="Server", kind="server")
        key = post("write-keys", pipeline=pipeline["id"])
        post("consent-categories", code="advertising", name="Advertising", is_sale_or_sharing=True)
        needed = [one["name"] for one in get("vendors/audiohook")["settings"] if one["required"]]
        destination = post(
            "destinations",
            pipeline=pipeline["id"],
            vendor="audiohook",
            mode="sandbox",
            settings=dict.fromkeys(needed, "7c1f3a52-9d0e-4b6f-8a57-2f6f6c1d0e11"),
            consent_categories=["advertising"],
        )
        message_id = f"order-{uuid4()}"
        sent = requests.post(
            f"{live_server.url}/v1/track",
            auth=(key["key"], ""),
            json={
                "event": "Order Completed",
                "messageId": message_id,
                "userId": "u-1",
                "properties": {"order_id": "1001", "revenue": 49.9, "currency": "USD"},
                "context": {
                    "consent": {"categoryPreferences": {"advertising": True}},
                    "ip": "203.0.113.7",
                    "userAgent": "Mozilla/5.0",
                },
            },
            timeout=20,
        )
        assert (sent.status_code, sent.json()) == (200, {"success": True})

        (event,) = get("events", message_id=message_id)["results"]
        until = time.monotonic() + 20
        while (story := get(f"events/{event['id']}"))["destinations"][0]["state"] != "delivered":
            assert time.monotonic() < until, story
            time.sleep(0.1)

        assert story["headline"] == "1 of 1 destination got it."
        assert story["destinations"][0]["destination"] == destination["id"]
        assert story["destinations"][0]["attempts"][0]["status"] == 200
        assert len(vendor.bodies) == 1
        (counts,) = get("metrics/hourly", pipeline=pipeline["id"])["pipelines"]
        assert [one["delivered"] for one in counts["destinations"][0]["hours"]] == [1]
