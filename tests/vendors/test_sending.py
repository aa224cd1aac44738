"""What a vendor file may change of how the engine sends to it."""

from __future__ import annotations

import pytest

from delivery.core.breaker import BreakerPolicy
from delivery.core.retry import RetryPolicy
from integrations.core.vendor import DefinitionError, Vendor, compile_vendor
from integrations.services.catalogue import built_in
from integrations.services.vendor_docs import vendor_page


def declaring(sending: object) -> Vendor:
    return compile_vendor({**built_in("generic-post").document, "sending": sending})


def test_without_it_the_engines_own_ways_hold() -> None:
    sending = built_in("generic-post").sending

    assert sending.concurrency is None
    assert sending.retry_policy(base_s=10) == RetryPolicy()
    assert sending.breaker_policy() == BreakerPolicy()


def test_what_is_declared_lies_over_the_usual_policy() -> None:
    sending = declaring(
        {
            "concurrency": 4,
            "retry": {"attempts": 5, "base_s": 60, "longest_age_s": 86_400},
            "breaker": {"failures": 3, "only_observes": True},
        }
    ).sending

    assert sending.concurrency == 4
    assert sending.retry_policy(base_s=10) == RetryPolicy(attempts=5, base_s=60, longest_age_s=86_400)
    assert sending.breaker_policy() == BreakerPolicy(failures=3, only_observes=True)


def test_named_waits_say_how_many_attempts_there_are() -> None:
    policy = declaring({"retry": {"waits_s": [30, 300]}}).sending.retry_policy(base_s=10)

    assert (policy.attempts, policy.waits_s) == (3, (30, 300))


@pytest.mark.parametrize(
    ("sending", "place", "sentence"),
    [
        ({"retry": {"attempts": 0}}, "attempts", "1"),
        ({"retry": {"waits_s": [30], "factor": 2}}, "factor", "keep one of the two"),
        ({"retry": {"tries": 3}}, "tries", "unknown key"),
        ({"concurrency": 1000}, "concurrency", "64"),
        ({"breaker": {"open_s": 0}}, "open_s", "1"),
    ],
    ids=["no attempt", "two ways of waiting", "unknown key", "too many at once", "no time"],
)
def test_what_makes_no_sense_is_refused_at_its_place(sending: object, place: str, sentence: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        declaring(sending)

    assert refused.value.path[0] == "sending"
    assert refused.value.path[-1] == place
    assert sentence in refused.value.message


def test_the_vendors_page_shows_it() -> None:
    page = vendor_page(declaring({"about": "Their own advice.", "retry": {"waits_s": [30, 300]}}))

    assert "### Sending" in page
    assert "| attempts | 3 |" in page
    assert "| waits | 30 s, 5 minutes |" in page
    assert "Their own advice." in page


def test_most_pages_have_nothing_to_show() -> None:
    assert "### Sending" not in vendor_page(built_in("generic-post"))
