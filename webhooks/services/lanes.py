"""The lanes of subscriptions: what the engine asks of webhooks to deliver messages to endpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from django.conf import settings

from accounts.core.principal import system
from accounts.services import audit
from delivery.core.breaker import BreakerPolicy, Transition
from delivery.core.outcome import DELIVERED, Judgement, Outcome, Verdict
from delivery.core.request import Request
from delivery.core.response import Response
from delivery.core.retry import End, RetryPolicy, retry_after_seconds
from delivery.lanes import Ending, Errand, Flight, LanePolicy, Rendering, Row, Settled
from webhooks.core.policy import POLICIES, SendingPolicy
from webhooks.core.secrets import SigningSecrets
from webhooks.core.signing import signed_headers
from webhooks.models import Message, Subscription
from webhooks.services import notices
from webhooks.services.failing import note_endings
from webhooks.services.switching import DISABLED
from webhooks.services.tables import TABLES

CONCURRENCY = 8
GONE = 410
BY = system("s2sadmin")


class SubscriptionLanes:
    """Lane owner of all subscriptions (see delivery.lanes.LaneOwner)."""

    tables = TABLES

    def policies(self, lane_ids: Sequence[UUID]) -> Mapping[UUID, LanePolicy]:
        """How these subscriptions' lanes are driven."""
        found = Subscription.objects.filter(id__in=lane_ids).values_list(
            "id", "policy", "breaker_only_observes"
        )
        return {
            id_: _lane_policy(POLICIES[name], only_observes=only_observes)
            for id_, name, only_observes in found
        }

    def render(self, lane_id: UUID, rows: Sequence[Row], *, now: datetime) -> Rendering:
        """One signed request a row, to the URL as it stands now."""
        subscription = Subscription.objects.filter(id=lane_id).first()
        if subscription is None:
            return Rendering(settled=[_cancelled(row, "The webhook was deleted.") for row in rows])
        if not subscription.enabled:
            reason = subscription.disabled_reason or DISABLED
            return Rendering(settled=[_cancelled(row, reason) for row in rows])
        bodies = dict(
            Message.objects.filter(id__in=[row.carried[1] for row in rows]).values_list("id", "body")
        )
        gone = [row for row in rows if row.carried[1] not in bodies]
        return Rendering(
            flights=[
                _flight(subscription, row, bytes(bodies[row.carried[1]]), now)
                for row in rows
                if row.carried[1] in bodies
            ],
            settled=[
                _cancelled(row, "The message is no longer stored: its retention ended.") for row in gone
            ],
        )

    def learn(self, lane_id: UUID, errand: Errand, response: Response, *, now: datetime) -> None:
        """Messages need no errands."""

    def judge(self, flight: Flight, response: Response, *, now: datetime) -> Sequence[Judgement]:
        """2xx is delivered, 410 ends it, all else is worth another attempt."""
        return [judge(response, now=now)] * len(flight.rows)

    def announce(self, lane_id: UUID, transition: Transition, reason: str, *, now: datetime) -> None:
        """In the audit log and by mail; a message would go to the endpoint which does not answer."""
        subscription = Subscription.objects.filter(id=lane_id).first()
        if subscription is None:
            return
        audit.record(
            BY,
            f"breaker_{transition}:webhook_config",
            subscription,
            organization_id=subscription.organization_id,
            differences={"reason": (None, reason)},
        )
        if transition is Transition.OPENED:
            notices.note_opening(lane_id)

    def announce_pause(self, lane_id: UUID, reason: str, *, now: datetime) -> None:
        """A 401 is a failed attempt like any other: its policy pauses no lane."""

    def conclude(self, endings: Sequence[Ending], flights: Sequence[Flight], *, now: datetime) -> None:
        """Learn from what ended which endpoints fail, and disable those that are gone."""
        if endings:
            note_endings(endings, by=BY, now=now)


def judge(response: Response, *, now: datetime) -> Judgement:
    """What one answer means for its message."""
    status = response.status
    if status is None:
        return Judgement(verdict=Verdict.FAILED, reason=response.detail)
    if 200 <= status < 300:
        return DELIVERED
    if status == GONE:
        return Judgement(verdict=Verdict.REJECTED, reason="Answered 410 (gone): the webhook was disabled.")
    reason = f"Answered {status}: only 2xx counts as received. Read the endpoint's log."
    if 300 <= status < 400:
        reason = f"Answered {status} (redirect): redirects are not followed. Change the webhook's URL."
    asked = retry_after_seconds(response.header("Retry-After"), now=now)
    return Judgement(verdict=Verdict.FAILED, reason=reason, retry_after_s=asked)


def _lane_policy(policy: SendingPolicy, *, only_observes: bool) -> LanePolicy:
    return LanePolicy(
        concurrency=CONCURRENCY,
        longest_request_s=policy.deadline_ms / 1000,
        retry=RetryPolicy(
            attempts=policy.attempts,
            waits_s=policy.waits_s,
            longest_retry_after_s=policy.longest_retry_after_s,
        ),
        breaker=BreakerPolicy(
            failures=policy.breaker_failures, open_s=policy.breaker_open_s, only_observes=only_observes
        ),
    )


def _flight(subscription: Subscription, row: Row, body: bytes, now: datetime) -> Flight:
    organization_id, message_id, event_type, _ = row.carried
    secrets = SigningSecrets.read(subscription.secrets)
    signed = signed_headers(
        body,
        message_id=f"msg_{message_id.hex}",
        at=now,
        secrets=secrets.valid(now),
        header_prefix=settings.WEBHOOK_HEADER_PREFIX,
    )
    request = Request(
        method="POST",
        url=subscription.url,
        headers=(("Content-Type", "application/json"), *signed),
        body=body,
        deadline_ms=POLICIES[subscription.policy].deadline_ms,
        secrets=secrets.all(),
    )
    return Flight(request=request, rows=(row,), scope_id=organization_id, operation=event_type)


def _cancelled(row: Row, reason: str) -> Settled:
    return Settled(row, End(Outcome.CANCELLED), reason)
