"""An organization with one destination in every state, and an event whose story has them all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from django.utils import timezone

from accounts.core.permissions import Role
from accounts.core.principal import system
from accounts.models import ApiToken, Invitation, Member, Organization, User
from accounts.services.members import invite
from accounts.services.tokens import issue_token
from delivery.ids import new_id
from delivery.queue import NEVER
from integrations.models import (
    Attempt,
    BreakerMoment,
    Cluster,
    ConsentCategory,
    Delivery,
    DeliveryResult,
    Destination,
    DestinationLane,
    Event,
    Pipeline,
    Replay,
    VendorQuestionnaire,
    WriteKey,
)
from integrations.services.destinations import Wanted, connect_destination
from integrations.services.questionnaires import start
from integrations.services.replays.jobs import Asked, ask_replay
from integrations.services.vendors import load_catalogue, newest_revision
from integrations.services.write_keys import create_write_key

BY = system("the samples")
SECRET = "tracking-token-of-the-samples"
EMAIL = "ann@shopper.example"
DESTINATIONS = (
    "Delivered",
    "Refused",
    "Given up",
    "Retrying",
    "Waiting",
    "Sending",
    "Paused",
    "Broken",
    "Held",
    "Cancelled",
    "Skipped",
)


@dataclass(frozen=True, kw_only=True)
class Samples:
    organization: Organization
    cluster: Cluster
    category: ConsentCategory
    pipeline: Pipeline
    key: WriteKey
    destinations: dict[str, Destination]
    event: Event
    deliveries: dict[str, UUID]
    attempt: Attempt
    token: ApiToken
    invitation: Invitation
    questionnaire: VendorQuestionnaire
    replay: Replay


def make_samples(slug: str = "samples", name: str = "Sample shop") -> Samples:
    """Everything, as of now: the event came two minutes ago."""
    load_catalogue()
    now = timezone.now()
    came = now - timedelta(minutes=2)
    organization = Organization.objects.create(name=name, slug=slug)
    cluster = Cluster.objects.create(
        organization=organization,
        name="Frankfurt",
        region="eu-central",
        base_url="https://events.example.com",
    )
    category = ConsentCategory.objects.create(
        organization=organization, code="advertising", name="Advertising", cmp_codes=["C0004", "marketing"]
    )
    pipeline = Pipeline.objects.create(
        organization=organization, cluster=cluster, name=f"{name} web", kind="web", environment="production"
    )
    key = create_write_key(BY, pipeline)
    create_write_key(BY, pipeline)
    destinations = {name: connect(pipeline, name, category) for name in DESTINATIONS}
    event = make_event(pipeline, came, skipped=destinations["Skipped"])
    deliveries, attempt = _tell(event, destinations, now)
    token, _ = issue_token(BY, organization, name="Reports", scopes=["read:metrics"])
    invitation, _ = invite(BY, organization, email=f"new@{slug}.example", role=Role.READ_ONLY)
    return Samples(
        organization=organization,
        cluster=cluster,
        category=category,
        pipeline=pipeline,
        key=key,
        destinations=destinations,
        event=event,
        deliveries=deliveries,
        attempt=attempt,
        token=token,
        invitation=invitation,
        questionnaire=start(BY, organization, "Sample Ads"),
        replay=ask_replay(BY, Asked(organization=organization, pipeline=pipeline, since=came)),
    )


def connect(pipeline: Pipeline, name: str, category: ConsentCategory) -> Destination:
    values = {"tracking_token": SECRET, "public_key": "public-key", "secret_key": f"{SECRET}-2"}
    revision = newest_revision("partnerstack")
    assert revision
    wanted = Wanted(name=name, vendor_revision=revision, mode="live", values=values, categories=[category])
    return connect_destination(BY, pipeline, wanted)


def make_event(pipeline: Pipeline, came: datetime, skipped: Destination | None = None) -> Event:
    skips = []
    if skipped:
        sentence = "The visitor refused Advertising (optOut.advertising is true)."
        skips = [{"destination": str(skipped.id), "reason": "consent", "sentence": sentence}]
    return Event.objects.create(
        id=new_id(came),
        organization_id=pipeline.organization_id,
        pipeline_id=pipeline.id,
        write_key_id=uuid4(),
        type="track",
        name="Order Completed",
        message_id=f"message-{uuid4()}",
        user_id="user-4242",
        anonymous_id="anonymous-77",
        received_at=came,
        plan_version=1,
        planned=10,
        skips=skips,
        payload={
            "type": "track",
            "event": "Order Completed",
            "timestamp": came.isoformat(),
            "context": {"traits": {"email": EMAIL}},
        },
    )


def make_attempt(event: Event, destination: Destination, delivery_id: UUID, **values: Any) -> Attempt:
    at = event.received_at + timedelta(seconds=1)
    defaults = {
        "id": new_id(at),
        "lane_id": destination.id,
        "scope_id": event.organization_id,
        "delivery_ids": [delivery_id],
        "operation": "conversion",
        "started_at": at,
        "method": "POST",
        "url": f"https://vendor.example/conversion/xid?email={EMAIL}",
        "request_headers": {"Content-Type": "application/json", "Authorization": "Bearer ••••"},
        "request_body": f'{{"email":"{EMAIL}","key":"order-1001"}}',
        "status": 503,
        "response_headers": {"Server": "nginx", "Content-Type": "application/json"},
        "response_body": '{"error":"try later"}',
        "verdict": "failed",
        "reason": "Answered 503: a fault on the other side.",
        "dns_ms": 4.0,
        "connect_ms": 19.0,
        "tls_ms": 51.0,
        "first_byte_ms": 190.0,
        "total_ms": 200.0,
    }
    return Attempt.objects.create(**{**defaults, **values})


def make_user(
    email: str, organization: Organization | None = None, role: Role = Role.ADMIN, **options: Any
) -> User:
    """Somebody who signs in to the admin; without an organization, installation staff."""
    user = User.objects.create_user(email, is_staff=True, is_superuser=organization is None)
    if organization:
        Member.objects.create(organization=organization, user=user, role=role, **options)
    return user


def _tell(
    event: Event, destinations: dict[str, Destination], now: datetime
) -> tuple[dict[str, UUID], Attempt]:
    ids = {name: new_id(event.received_at) for name in DESTINATIONS}
    carried = {
        "organization_id": event.organization_id,
        "pipeline_id": event.pipeline_id,
        "event_id": event.id,
    }

    def tried(name: str, **values: Any) -> Attempt:
        return make_attempt(event, destinations[name], ids[name], **values)

    def wait(name: str, due_at: datetime, **values: Any) -> None:
        lane = destinations[name].id
        Delivery.objects.create(id=ids[name], lane_id=lane, due_at=due_at, **carried, **values)

    def end(name: str, outcome: str, reason: str, tries: list[Attempt]) -> None:
        DeliveryResult.objects.create(
            id=ids[name],
            lane_id=destinations[name].id,
            outcome=outcome,
            reason=reason,
            attempts=len(tries),
            attempt_ids=[one.id for one in tries],
            ended_at=event.received_at + timedelta(seconds=2),
            **carried,
        )

    good = tried("Delivered", status=200, verdict="delivered", reason="", response_body='{"ok":true}')
    end("Delivered", "delivered", "", [tried("Delivered"), good])
    refused = "PartnerStack does not know the partner key: check the click id."
    end("Refused", "rejected", refused, [tried("Refused", status=422, verdict="rejected", reason=refused)])
    end("Given up", "exhausted", "Answered 503: a fault on the other side.", [tried("Given up")])
    end("Cancelled", "cancelled", "Cancelled was disabled.", [])
    failed = tried("Retrying")
    wait(
        "Retrying",
        now + timedelta(minutes=10, seconds=30),
        attempts=1,
        attempt_ids=[failed.id],
        reason=failed.reason,
    )
    wait("Waiting", now + timedelta(minutes=30, seconds=30))
    wait("Sending", now + timedelta(seconds=50), claim_id=uuid4(), flights=1)
    wait("Paused", now - timedelta(minutes=2))
    wait(
        "Broken",
        now - timedelta(minutes=1),
        attempts=1,
        attempt_ids=[tried("Broken").id],
        reason=failed.reason,
    )
    unknown = tried(
        "Held", status=None, verdict="unknown", reason="The connection broke after the request left."
    )
    held = "The request left and no answer came: it may have arrived. Look it up at PartnerStack."
    wait("Held", NEVER, attempts=1, attempt_ids=[unknown.id], reason=held, held_at=now)
    lanes = DestinationLane.objects
    lanes.filter(destination=destinations["Paused"]).update(paused_reason="Token expired.")
    open_until = now + timedelta(minutes=5)
    lanes.filter(destination=destinations["Broken"]).update(
        breaker_state="open", breaker_failures=10, breaker_open_until=open_until
    )
    BreakerMoment.objects.create(
        destination=destinations["Broken"], transition="opened", reason="10 requests failed in a row", at=now
    )
    return ids, good
