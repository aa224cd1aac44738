"""Who gets an event, and in which order the questions are asked."""

from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from integrations.core.consent import Category, Policy
from integrations.core.event import Event
from integrations.core.filter import compile_filter
from integrations.core.plan import Snapshot, Target, plan
from integrations.core.skips import SkipReason
from integrations.core.vendor import Planned, Skipped

NOW = datetime(2026, 11, 21, tzinfo=UTC)
ADVERTISING = Category(code="advertising", name="Advertising")


@dataclass(frozen=True)
class Wants:
    """A vendor that wants every event, or none."""

    answer: object = Planned(operation="event", rule="all")

    def plan(self, event, settings):
        return self.answer


UNMAPPED = Wants(Skipped(reason=SkipReason.UNMAPPED, sentence="No rule for this event."))


def target(name="AdRoll", vendor=Wants(), *, enabled=True, categories=(ADVERTISING,), filter=None):
    return Target(
        id=uuid4(),
        name=name,
        slugs=frozenset({name.lower()}),
        vendor=vendor,
        settings={},
        categories=categories,
        enabled=enabled,
        filter=compile_filter(filter, "adroll"),
    )


def reasons(*targets, consent=True, integrations=None, gpc=False, policy=Policy.EXPLICIT):
    payload = {"context": {"consent": {"categoryPreferences": {"advertising": consent}}}}
    if integrations is not None:
        payload["integrations"] = integrations
    event = Event(
        type="track", name="Order Completed", message_id="m", timestamp=NOW, received_at=NOW, payload=payload
    )
    snapshot = Snapshot(
        pipeline_id=UUID(int=1),
        organization_id=UUID(int=2),
        version=1,
        policy=policy,
        honours_gpc=True,
        targets=targets,
    )
    made = plan(event, snapshot, gpc=gpc)
    return [due.target.name for due in made.deliver], {skip.target.name: skip.reason for skip in made.skips}


def test_each_destination_is_decided_alone():
    delivered, skipped = reasons(target("A"), target("B", UNMAPPED), target("C", enabled=False))

    assert delivered == ["A"]
    assert skipped == {"B": SkipReason.UNMAPPED, "C": SkipReason.DESTINATION_OFF}


def test_what_the_vendor_does_not_want_is_no_refusal_of_consent():
    assert reasons(target("A", UNMAPPED), consent=False) == ([], {"A": SkipReason.UNMAPPED})
    assert reasons(target("A"), consent=False) == ([], {"A": SkipReason.CONSENT})


PAGES_ONLY = {"effect": "allow", "conditions": [{"field": "type", "operator": "equals", "value": "page"}]}


def test_what_a_filter_keeps_out_is_asked_neither_of_the_vendor_nor_of_consent():
    filtered = {"AdRoll": SkipReason.FILTER}

    assert reasons(target(filter=PAGES_ONLY)) == ([], filtered)
    assert reasons(target(vendor=UNMAPPED, filter=PAGES_ONLY), consent=False) == ([], filtered)


def test_a_filter_never_widens():
    tracks = {**PAGES_ONLY, "effect": "deny"}

    assert reasons(target(filter=tracks)) == (["AdRoll"], {})
    assert reasons(target(filter=tracks, enabled=False))[1] == {"AdRoll": SkipReason.DESTINATION_OFF}
    assert reasons(target(filter=tracks), integrations={"AdRoll": False})[1] == {
        "AdRoll": SkipReason.INTEGRATIONS
    }
    assert reasons(target(filter=tracks), consent=False)[1] == {"AdRoll": SkipReason.CONSENT}


@pytest.mark.parametrize(
    ("integrations", "delivered"),
    [
        ({}, True),
        ({"All": True}, True),
        ({"All": False}, False),
        ({"All": False, "AdRoll": True}, True),
        ({"All": False, "adroll": {"option": 1}}, True),
        ({"AdRoll": False}, False),
        ({"Other": False}, True),
        ("nonsense", True),
    ],
)
def test_segments_integrations_object_narrows(integrations, delivered):
    assert reasons(target(), integrations=integrations)[0] == (["AdRoll"] if delivered else [])


def test_the_integrations_object_never_widens_consent():
    assert reasons(target(), consent=False, integrations={"AdRoll": True})[1] == {
        "AdRoll": SkipReason.CONSENT
    }


def test_a_destination_without_category_gets_nothing():
    assert reasons(target(categories=()))[1] == {"AdRoll": SkipReason.CONSENT}
