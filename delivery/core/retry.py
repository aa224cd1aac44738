"""When a failed delivery is tried again, decided from values alone."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

from delivery.core.outcome import Judgement, Outcome, Verdict


@dataclass(frozen=True, kw_only=True, slots=True)
class RetryPolicy:
    """How often and how long a delivery is tried.

    The n-th wait is drawn evenly between nothing and `base_s * factor ** (n - 1)`, at most `longest_s`
    ("full jitter": Brooker, Exponential Backoff And Jitter, 2015). The default spends 8 attempts in about
    24 hours: the sum of the longest waits is 48, and a draw is half of it on average.

    `waits_s` are waits to the second instead, for who was promised them; the last one holds for later ones.
    """

    attempts: int = 8
    base_s: float = 10.0
    factor: float = 6.0
    longest_s: float = 79_200.0
    throttle_s: float = 30.0  # wait after a 429 that names no time
    longest_retry_after_s: float = 3_600.0
    longest_age_s: float = 259_200.0  # three days after the event a delivery is not tried again
    waits_s: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class TryAgain:
    """Not over: due again at this time. An attempt that was throttled, or is made again, does not count."""

    at: datetime
    counts: bool


@dataclass(frozen=True, slots=True)
class End:
    """Over, with the outcome that is recorded. `why` is told beside the last answer's reason."""

    outcome: Outcome
    why: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class LookFirst:
    """It may have been carried out: due at this time, to ask whether it was before it is sent again."""

    at: datetime
    counts: bool


@dataclass(frozen=True, slots=True)
class Hold:
    """It may have been carried out, and doubling it does harm: a person decides."""


Decision = TryAgain | LookFirst | End | Hold


def decide(
    policy: RetryPolicy,
    judgement: Judgement,
    *,
    attempts: int,
    now: datetime,
    jitter: float,
    hold_unknown: bool = False,
    read_back_after_s: float | None = None,
    expires_at: datetime | None = None,
) -> Decision:
    """What happens next. `attempts` counts this one; `jitter` is a random number of [0, 1)."""
    match judgement.verdict:
        case Verdict.DELIVERED:
            return End(Outcome.DELIVERED)
        case Verdict.REJECTED:
            return End(Outcome.REJECTED)
        case Verdict.UNKNOWN if read_back_after_s is not None and attempts < policy.attempts:
            return LookFirst(now + timedelta(seconds=read_back_after_s), True)
        case Verdict.UNKNOWN if hold_unknown or read_back_after_s is not None:
            return Hold()
        case Verdict.AGAIN:
            return within_age(TryAgain(now, False), expires_at)
        case Verdict.THROTTLED:
            return within_age(TryAgain(now + _throttled_wait(policy, judgement, jitter), False), expires_at)
    if attempts >= policy.attempts:
        why = f"Given up after {attempts} attempts: send it again once the other side works."
        return End(Outcome.EXHAUSTED, why)
    wait = max(_backoff(policy, attempts, jitter), _asked_wait(policy, judgement))
    return within_age(TryAgain(now + wait, True), expires_at)


def decide_read_back(
    policy: RetryPolicy, judgement: Judgement, *, attempts: int, now: datetime, jitter: float
) -> Decision:
    """What happens after the other side was asked whether it had arrived; in doubt a person decides."""
    match judgement.verdict:
        case Verdict.DELIVERED:
            return End(Outcome.DELIVERED)
        case Verdict.AGAIN:
            return TryAgain(now, False)
        case Verdict.THROTTLED:
            return LookFirst(now + _throttled_wait(policy, judgement, jitter), False)
    if judgement.verdict is Verdict.REJECTED or attempts >= policy.attempts:
        return Hold()
    return LookFirst(now + max(_backoff(policy, attempts, jitter), _asked_wait(policy, judgement)), True)


def within_age(decision: Decision, expires_at: datetime | None) -> Decision:
    """The decision, or the end where it would be tried again when it is too old."""
    if isinstance(decision, TryAgain) and expires_at is not None and decision.at > expires_at:
        why = f"Given up: it is too old after {expires_at:%Y-%m-%d %H:%M:%S} UTC, before the next attempt."
        return End(Outcome.EXHAUSTED, why)
    return decision


def retry_after_seconds(value: str | None, *, now: datetime) -> float | None:
    """`Retry-After` as seconds from now, from either of its forms (RFC 9110 section 10.2.3), else None."""
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):  # the year 99999999999999
        return None
    return max((at - now).total_seconds(), 0.0) if at.tzinfo else None


def _backoff(policy: RetryPolicy, attempts: int, jitter: float) -> timedelta:
    if policy.waits_s:
        return timedelta(seconds=policy.waits_s[min(attempts, len(policy.waits_s)) - 1])
    longest = min(policy.base_s * policy.factor ** (attempts - 1), policy.longest_s)
    return timedelta(seconds=longest * jitter)


def _asked_wait(policy: RetryPolicy, judgement: Judgement) -> timedelta:
    return timedelta(seconds=min(judgement.retry_after_s or 0.0, policy.longest_retry_after_s))


def _throttled_wait(policy: RetryPolicy, judgement: Judgement, jitter: float) -> timedelta:
    if judgement.retry_after_s is None:
        return timedelta(seconds=policy.throttle_s * (0.5 + jitter))
    return _asked_wait(policy, judgement) + timedelta(seconds=jitter)
