"""How a lane's requests flow: its tokens, its learned pace, and the wait that the other side asked for."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from delivery.core.breaker import HURTS
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

    @property
    def has_waited(self) -> bool:
        """Whether nothing was taken since a wait began: the next request asks whether it is over."""
        return self.waits_until is not None or self.pace.slowed_at is not None

    def admits(self, wanted: int, *, now: datetime) -> int:
        """How many requests may be on their way: none during a wait, after it one until that is taken."""
        if not self.has_waited:
            return wanted
        return 0 if self.waits(now) else min(wanted, 1)

    def tokens(self, declared: RateLimit | None, *, now: datetime) -> int | None:
        """How many requests the rate lets through now; None where nothing limits it."""
        limit = self.pace.limit(declared)
        return None if limit is None else int(self.bucket.filled(limit, now=now).tokens)

    def take(self, declared: RateLimit | None, *, now: datetime) -> tuple[Flow, bool]:
        """The flow with one token less, and whether there was one."""
        limit = self.pace.limit(declared)
        if limit is None:
            return self, True
        bucket, granted = self.bucket.filled(limit, now=now).take(1)
        return replace(self, bucket=bucket), granted == 1

    def after(
        self,
        judgement: Judgement,
        retry: RetryPolicy,
        declared: RateLimit | None,
        *,
        left_at: datetime,
        now: datetime,
    ) -> Flow:
        """The flow after an answer. A request that left before the wait tells nothing of its end."""
        pace = self.pace
        is_late = pace.slowed_at is not None and left_at <= pace.slowed_at
        if judgement.verdict is Verdict.THROTTLED:
            if is_late and not judgement.retry_after_s:
                return self
            if pace.slowed_at is None:
                pace = pace.slower(declared, left_at=left_at, now=now)
            return replace(self, pace=pace)._throttled(judgement, retry, now)
        if self.has_waited and not is_late and not self.waits(now):
            return Flow(bucket=self.bucket, pace=pace.resumed(declared, now=now))
        if judgement.verdict not in HURTS:
            pace = pace.after(declared, left_at=left_at)
        return Flow(bucket=self.bucket, pace=pace, waits_until=self.waits_until, reason=self.reason)

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
        one = Bucket(tokens=1.0, filled_at=until)  # or what dripped in meanwhile would leave at once
        return replace(self, pace=pace, bucket=one, waits_until=until, reason=judgement.reason)
