"""The default reading of answers and failures."""

import pytest

from delivery.core.outcome import Verdict, judge
from delivery.core.response import Failure, Response


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, Verdict.DELIVERED),
        (204, Verdict.DELIVERED),
        (302, Verdict.REJECTED),
        (400, Verdict.REJECTED),
        (401, Verdict.REJECTED),
        (404, Verdict.REJECTED),
        (408, Verdict.FAILED),
        (423, Verdict.FAILED),
        (429, Verdict.THROTTLED),
        (500, Verdict.FAILED),
        (501, Verdict.REJECTED),
        (503, Verdict.FAILED),
        (505, Verdict.REJECTED),
        (520, Verdict.FAILED),
    ],
)
def test_it_reads_a_status(status, verdict):
    assert judge(Response(status=status)).verdict is verdict


@pytest.mark.parametrize(
    ("failure", "left", "verdict"),
    [
        (Failure.ADDRESS_REFUSED, False, Verdict.REJECTED),
        (Failure.DNS, False, Verdict.FAILED),
        (Failure.CONNECT, False, Verdict.FAILED),
        (Failure.TIMEOUT, True, Verdict.UNKNOWN),
        (Failure.TIMEOUT, False, Verdict.FAILED),
        (Failure.RESET, True, Verdict.UNKNOWN),
    ],
)
def test_it_reads_a_failure_by_whether_the_request_left(failure, left, verdict):
    judgement = judge(Response(failure=failure, left=left, detail="What happened."))

    assert judgement.verdict is verdict
    assert judgement.reason == "What happened."
