"""How a lane's requests flow: its tokens, its learned pace, and the wait that the other side asked for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from delivery.core.outcome import Judgement, Verdict
from delivery.core.pace import Pace
from delivery.core.rate import Bucket, RateLimit
from delivery.core.retry import RetryPolicy


@dataclass(frozen=True, kw_only=True, slots=True)
class Flow:
    """`waits_until`: nothing leaves before, for this reason. `pace` is learned, `bucket` holds the tokens."""

    bucket: Bucket = field(default_factory=Bucket)
    pace: Pace = field(default_factory=Pace)
    waits_until: datetime | None = None
    reason: str = ""

    def waits(self, now: datetime) -> bool:
        """Whether nothing may leave now."""
        return self.waits_until is not None and now < self.waits_until

    def tokens(self, declared: RateLimit | None, *, now: datetime) -> int | None:
        """How many requests the rate lets through now; None where nothing limits it."""
        limit = self.pace.limit(declared)
        return None if limit is None else int(self.bucket.filled(limit, now=now).tokens)

    def take(self, declared: RateLimit | None, *, now: datetime) -> tuple[Flow, bool]:
        """The flow with one token less, and whether there was one."""
        pace = self.pace.settled(declared, now=now)
        limit = pace.limit(declared)
        if limit is None:
            return (self if pace is self.pace else replace(self, pace=pace)), True
        bucket, granted = self.bucket.filled(limit, now=now).take(1)
        return replace(self, pace=pace, bucket=bucket), granted == 1

    def after(
        self, judgement: Judgement, retry: RetryPolicy, declared: RateLimit | None, *, now: datetime
    ) -> Flow:
        """The flow after one answer. What left before a wait began says nothing new about its length."""
        is_throttled = judgement.verdict is Verdict.THROTTLED
        pace = self.pace.settled(declared, now=now).after(is_throttled=is_throttled, now=now)
        flow = Flow(bucket=self.bucket, pace=pace, waits_until=self.waits_until, reason=self.reason)
        if is_throttled:
            return flow._throttled(judgement, retry, now)
        if judgement.verdict is Verdict.DELIVERED and self.waits_until and not self.waits(now):
            return replace(flow, waits_until=None, reason="")
        return flow

    def paused(self, until: datetime, reason: str) -> Flow:
        """All of it waits until then."""
        return replace(self, waits_until=until, reason=reason)

    def _throttled(self, judgement: Judgement, retry: RetryPolicy, now: datetime) -> Flow:
        asked_s = min(judgement.retry_after_s or 0.0, retry.longest_retry_after_s)
        pace = self.pace
        if not asked_s:
            if self.waits(now):
                return self
            pace, asked_s = pace.lull(retry.throttle_s)
        until = now + timedelta(seconds=asked_s)
        if self.waits_until is not None and until <= self.waits_until:
            return replace(self, pace=pace)
        empty = Bucket(tokens=0.0, filled_at=until)  # or what dripped in meanwhile would leave at once
        return replace(self, pace=pace, bucket=empty, waits_until=until, reason=judgement.reason)
