"""Access tokens: one request for many workers, kept encrypted, renewed when refused, and waited for."""

import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs

import pytest
from django.db import connection

from integrations.core.vendor import Mode
from integrations.models import AccessToken, Event
from integrations.services.access_tokens import Ask, Held, Wait, forget_unused, obtain
from integrations.services.authorizing import sending_moment
from integrations.services.event_page import event_page
from integrations.services.previews import given_event
from integrations.services.test_sends import send_test
from integrations.services.vendors import compiled
from tests.integrations.pipelines import BY, GRANTED
from tests.integrations.stub_vendor import (
    REFRESH,
    VALUES,
    attempts,
    deliver,
    ends,
    send,
    stub_destination,
    stub_vendor,
    waits,
)

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
TOKENS, EVENTS = "/id.stub.example/token", "/api.stub.example/events"


@pytest.fixture(autouse=True)
def _sandbox(settings):
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    settings.DELIVERY_ALLOWED_NETWORKS = ["127.0.0.0/8"]


class Vendor:
    """Gives numbered tokens and takes those that it calls valid."""

    def __init__(self) -> None:
        self.given = 0
        self.valid = lambda token: True
        self.refusal = None
        self.lifetime_s = 3600

    def __call__(self, asked):
        if asked.path == TOKENS:
            if self.refusal:
                return self.refusal
            self.given += 1
            return 200, {
                "access_token": f"token-number-{self.given}",
                "expires_in": self.lifetime_s,
                "refresh_token": f"refresh-number-{self.given}",
            }
        token = asked.headers["Authorization"].removeprefix("Bearer ")
        return (200, {}) if self.valid(token) else (401, {"error": f"{token} is not valid"})


@pytest.fixture
def vendor(settings):
    played = Vendor()
    with stub_vendor(played) as stub:
        settings.SANDBOX_URL = stub.url
        played.stub = stub
        yield played


def tokens_used(vendor):
    return [one.headers["Authorization"] for one in vendor.stub.of(EVENTS)]


def test_a_token_is_fetched_once_and_carried_by_every_request(vendor):
    destination = stub_destination(auth=REFRESH, batch={"max_count": 1})
    send(destination, "a", "b", "c")

    deliver()
    send(destination, "d")
    deliver()

    assert len(vendor.stub.of(TOKENS)) == 1
    assert parse_qs(vendor.stub.of(TOKENS)[0].body)["refresh_token"] == ["first-refresh-token"]
    assert tokens_used(vendor) == ["Bearer token-number-1"] * 4
    assert [outcome for outcome, _, _ in ends(destination)] == ["delivered"] * 4


def test_what_is_stored_and_logged_never_shows_a_token(vendor, caplog):
    destination = stub_destination(auth=REFRESH)
    vendor.valid = lambda token: token != "token-number-1"
    send(destination, "a")

    deliver()

    with connection.cursor() as cursor:
        cursor.execute("SELECT row_to_json(t)::text FROM integrations_accesstoken t")
        stored = " ".join(row[0] for row in cursor.fetchall())
        cursor.execute("SELECT row_to_json(t)::text FROM integrations_attempt t")
        logged = " ".join(row[0] for row in cursor.fetchall())
    for secret in ("token-number", "refresh-number", *VALUES.values()):
        assert secret not in stored + logged + caplog.text
    assert "•••• is not valid" in logged


def test_a_token_is_renewed_before_its_end_with_the_refresh_token_that_came_with_it(vendor):
    vendor.lifetime_s = 1
    destination = stub_destination(auth=REFRESH)
    send(destination, "a")
    deliver()
    AccessToken.objects.update(renew_at=datetime.now(UTC) - timedelta(seconds=1))

    send(destination, "b")
    deliver()

    assert [parse_qs(one.body)["refresh_token"] for one in vendor.stub.of(TOKENS)] == [
        ["first-refresh-token"],
        ["refresh-number-1"],
    ]
    assert tokens_used(vendor) == ["Bearer token-number-1", "Bearer token-number-2"]


def test_a_refused_token_is_renewed_once_and_the_request_repeated_without_spending_an_attempt(vendor):
    destination = stub_destination(auth=REFRESH, batch={"max_count": 1})
    send(destination, "a", "b", "c")
    vendor.valid = lambda token: token != "token-number-1"

    deliver()

    assert len(vendor.stub.of(TOKENS)) == 2
    assert ends(destination) == [("delivered", "", 1)] * 3
    assert [one.verdict for one in attempts(destination)].count("again") == 3
    assert AccessToken.objects.get().after_refusal is False, "it was taken since"


def test_credentials_that_are_refused_with_new_tokens_too_pause_the_destination(vendor):
    destination = stub_destination(auth=REFRESH)
    vendor.valid = lambda token: False
    send(destination, "a")

    deliver()

    assert ends(destination) == []
    (row,) = waits(destination)
    assert "401" in row.reason and "Its destination is paused" in row.reason
    assert len(vendor.stub.of(EVENTS)) == 6, "one that a new token was fetched for, and the five in a row"
    assert len(vendor.stub.of(TOKENS)) == 2


def test_a_failing_token_endpoint_lets_deliveries_wait_with_its_reason(vendor):
    vendor.refusal = (400, {"error": "invalid_grant", "error_description": "first-refresh-token has ended"})
    destination = stub_destination(auth=REFRESH)
    send(destination, "a", "b")

    deliver(claiming_s=0.5)

    assert vendor.stub.of(EVENTS) == []
    assert len(vendor.stub.of(TOKENS)) == 1, "it is not asked again before its time"
    rows = waits(destination)
    assert [(row.attempts, row.held_at) for row in rows] == [(0, None)] * 2
    sentence = (
        f"No access token of Stub: {vendor.stub.url}/id.stub.example/token answered 400 "
        "(invalid_grant: •••• has ended). Check the credentials in the destination's settings. "
        "Deliveries wait and spend no attempts meanwhile."
    )
    assert {row.reason for row in rows} == {sentence}
    event = Event.objects.filter(pipeline_id=destination.pipeline_id).first()
    page = event_page(event, now=datetime.now(UTC), shows_personal_data=True)
    assert sentence in page.stories[0].sentence
    assert page.stories[0].next_try


def test_deliveries_go_on_once_the_endpoint_gives_a_token(vendor):
    vendor.refusal = (503, b"")
    destination = stub_destination(auth=REFRESH)
    send(destination, "a")
    deliver(claiming_s=0.5)
    vendor.refusal = None
    AccessToken.objects.update(wait_until=datetime.now(UTC))
    destination.lane.__class__.objects.update(throttled_until=datetime.now(UTC))

    deliver()

    assert ends(destination) == [("delivered", "", 1)]
    assert AccessToken.objects.get().failures == 0


def test_another_destination_with_the_same_credentials_uses_the_same_token(vendor):
    first = stub_destination(auth=REFRESH)
    second = stub_destination(auth=REFRESH, pipeline=first.pipeline, name="Stub 2")
    send(first, "a", "b")

    deliver(linger_s=1.5)  # the one that does not ask looks again after a second

    assert len(vendor.stub.of(TOKENS)) == 1
    assert [outcome for outcome, _, _ in ends(first) + ends(second)] == ["delivered"] * 4


def test_another_organization_never_shares_a_token(vendor):
    for destination in (stub_destination(auth=REFRESH), stub_destination(auth=REFRESH)):
        send(destination, "a")

    deliver()

    assert len(vendor.stub.of(TOKENS)) == 2


def test_a_test_send_brings_its_own_token(vendor):
    destination = stub_destination(auth=REFRESH)
    event = given_event({"type": "track", "event": "a", "userId": "u", "context": {**GRANTED}}, now=NOW)

    attempt = send_test(BY, destination, event, now=NOW)

    assert (attempt.status, attempt.verdict) == (200, "delivered")
    assert tokens_used(vendor) == ["Bearer token-number-1"]
    assert attempt.request_headers["Authorization"] == "Bearer ••••"


def test_a_test_send_renews_a_refused_token_once(vendor):
    destination = stub_destination(auth=REFRESH)
    event = given_event({"type": "track", "event": "a", "userId": "u", "context": {**GRANTED}}, now=NOW)
    vendor.valid = lambda token: token == "token-number-2"

    assert send_test(BY, destination, event, now=NOW).status == 200
    vendor.valid = lambda token: False
    assert send_test(BY, destination, event, now=NOW).status == 401
    assert len(vendor.stub.of(TOKENS)) == 2


def test_a_test_send_without_a_token_says_why(vendor):
    vendor.refusal = (401, {"error": "invalid_client"})
    destination = stub_destination(auth=REFRESH)
    event = given_event({"type": "track", "event": "a", "userId": "u", "context": {**GRANTED}}, now=NOW)

    found = [send_test(BY, destination, event, now=NOW) for _ in range(2)]

    assert [(one.verdict, one.reason) for one in found] == [("rejected", "access_token")] * 2
    assert "answered 401 (invalid_client)" in found[0].sentence
    assert len(vendor.stub.of(TOKENS)) == 2, "a person who tries again asks again"
    assert vendor.stub.of(EVENTS) == []


def grant_of(destination):
    made = compiled(destination.vendor_revision)
    return made.grant("event", VALUES, mode=Mode.SANDBOX, sandbox_url="http://127.0.0.1:9")


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_one_asks_and_the_others_wait():
    destination = stub_destination(auth=REFRESH)
    organization_id, grant = destination.pipeline.organization_id, grant_of(destination)
    found, barrier = [], threading.Barrier(8)

    def ask():
        barrier.wait()
        try:
            found.append(obtain(organization_id, grant, moment=sending_moment(datetime.now(UTC))))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(type(one).__name__ for one in found) == ["Ask"] + ["Wait"] * 7
    assert not any(one.is_failing for one in found if isinstance(one, Wait))


def test_a_worker_that_asked_and_died_is_replaced():
    destination = stub_destination(auth=REFRESH)
    organization_id, grant, now = (
        destination.pipeline.organization_id,
        grant_of(destination),
        datetime.now(UTC),
    )

    first = obtain(organization_id, grant, moment=sending_moment(now))
    meanwhile = obtain(organization_id, grant, moment=sending_moment(now + timedelta(seconds=14)))
    after = obtain(organization_id, grant, moment=sending_moment(now + timedelta(seconds=16)))

    assert [type(one) for one in (first, meanwhile, after)] == [Ask, Wait, Ask]


def test_a_token_that_no_key_opens_any_more_is_asked_for_anew(vendor, settings):
    destination = stub_destination(auth=REFRESH)
    send(destination, "a")
    deliver()
    organization_id, grant = destination.pipeline.organization_id, grant_of(destination)
    grant = grant.at(f"{vendor.stub.url}/id.stub.example/token")
    moment = sending_moment(datetime.now(UTC))
    assert isinstance(obtain(organization_id, grant, moment=moment), Held)

    AccessToken.objects.update(changed_at=moment.now)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE integrations_accesstoken SET secrets = 'gAAAAA-not-ours'")

    assert isinstance(obtain(organization_id, grant, moment=moment), Ask)


def test_tokens_that_nobody_used_for_long_are_forgotten():
    destination = stub_destination(auth=REFRESH)
    now = datetime.now(UTC)
    obtain(destination.pipeline.organization_id, grant_of(destination), moment=sending_moment(now))

    forget_unused(now=now + timedelta(days=399))
    assert AccessToken.objects.count() == 1
    forget_unused(now=now + timedelta(days=401))
    assert AccessToken.objects.count() == 0
