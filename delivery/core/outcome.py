"""What one answer means for the deliveries that asked for it: a verdict and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from delivery.core.response import Failure, Response


class Verdict(StrEnum):
    """What an attempt showed about one delivery."""

    DELIVERED = "delivered"
    REJECTED = "rejected"  # permanent: the same request would be refused again
    FAILED = "failed"  # worth another attempt
    THROTTLED = "throttled"  # asked to slow down: tried again later, spends no attempt
    UNKNOWN = "unknown"  # the request left and no answer came: it may have been carried out
    AGAIN = "again"  # not carried out, by no fault of its own: sent again at once, spends no attempt


class Outcome(StrEnum):
    """How a delivery ended."""

    DELIVERED = "delivered"
    REJECTED = "rejected"
    EXHAUSTED = "exhausted"
    CANCELLED = "cancelled"


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """A verdict with its reason in plain words; `retry_after_s` is what the other side asked for.

    `most_together` goes with `AGAIN`: how many deliveries the next request may carry, so that one that
    spoils every batch it is in is found by halving.
    """

    verdict: Verdict
    reason: str
    retry_after_s: float | None = None
    most_together: int | None = None


DELIVERED = Judgement(verdict=Verdict.DELIVERED, reason="")
RETRYABLE_STATUSES = frozenset({408, 423, 425, 500, 502, 503, 504})


def judge(response: Response, *, retry_after_s: float | None = None) -> Judgement:
    """The default reading of an answer, for vendors that declare nothing else."""
    if response.status is None:
        return judge_failure(response)
    return judge_status(response.status, retry_after_s=retry_after_s)


def judge_status(status: int, *, retry_after_s: float | None = None) -> Judgement:
    """2xx is delivered, 429 throttled, 408, 423, 425 and 5xx but 501 and 505 worth another attempt."""
    if 200 <= status < 300:
        return DELIVERED
    if status == 429:
        reason = "Answered 429 (too many requests): tried again later, more slowly."
        return Judgement(verdict=Verdict.THROTTLED, reason=reason, retry_after_s=retry_after_s)
    if status in RETRYABLE_STATUSES or (status > 505 and status < 600):
        reason = f"Answered {status}: a fault on the other side."
        return Judgement(verdict=Verdict.FAILED, reason=reason, retry_after_s=retry_after_s)
    if 300 <= status < 400:
        reason = f"Answered {status} (redirect): redirects are not followed. Correct the address."
        return Judgement(verdict=Verdict.REJECTED, reason=reason)
    if status in (401, 403):
        reason = f"Answered {status}: the credentials were refused. Check the destination's settings."
        return Judgement(verdict=Verdict.REJECTED, reason=reason)
    return Judgement(verdict=Verdict.REJECTED, reason=f"Answered {status}: refused for good.")


def judge_failure(response: Response) -> Judgement:
    """No answer came: refused addresses end, what left is unknown, all else is worth another attempt."""
    if response.failure is Failure.ADDRESS_REFUSED:
        return Judgement(verdict=Verdict.REJECTED, reason=response.detail)
    if response.left:
        return Judgement(verdict=Verdict.UNKNOWN, reason=response.detail)
    return Judgement(verdict=Verdict.FAILED, reason=response.detail)
