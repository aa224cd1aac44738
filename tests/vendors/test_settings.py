"""Settings of destinations: maps of events, and patterns that can't be slow."""

from typing import Any

import pytest

from integrations.core.vendor import DefinitionError, Mode, Planned, Skipped, Vendor, compile_vendor
from integrations.services.catalogue import catalogue
from tests.vendors.test_vendor import acme, rendered, track

IDS = {"from": "$event_or_type", "as": {"lookup": "$settings.ids"}}


def mapped(**setting: Any) -> Vendor:
    """A vendor that takes the events of a map, under the ids that it names."""
    return acme(
        fields={"id": {**IDS, "required": True}},
        settings={"ids": {"type": "map", "label": "Event ids", **setting}},
        when={"set": IDS},
    )


def complaints(vendor: Vendor, ids: object) -> list[str]:
    return [problem.message for problem in vendor.validate_settings({"ids": ids})]


def test_an_event_goes_out_under_the_id_that_the_destination_names() -> None:
    vendor, ids = mapped(), {"ids": {"Order Completed": "tw-1", "page": "tw-2"}}

    assert rendered(vendor, track("order_completed"), ids).body == b'{"id":"tw-1"}'
    assert rendered(vendor, track("x", type="page"), ids).body == b'{"id":"tw-2"}'
    assert isinstance(vendor.plan(track("Order Completed"), ids), Planned)


def test_an_event_that_the_map_does_not_name_is_skipped() -> None:
    vendor, ids = mapped(), {"ids": {"Order Completed": "tw-1"}}

    assert isinstance(vendor.plan(track("Product Added"), ids), Skipped)
    assert isinstance(vendor.plan(track("Order Completed"), {}), Skipped)


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ("Order Completed", "must be an object of event names and texts"),
        ({"Order Completed": 5}, "must be an object of event names and texts"),
        ({"Order Completed": "tw-1", "order_completed": "tw-2"}, "names the same event twice"),
        ({" ": "tw-1"}, "a line without an event's name"),
        ({"Order Completed": ""}, 'has nothing for "Order Completed"'),
        ({"Order Completed": "1"}, 'a line "Order Completed" whose value has the wrong form; such as tw-1'),
        ({f"Event {n}": "tw-1" for n in range(301)}, "at most 300 lines"),
    ],
)
def test_a_map_that_can_not_be_used_is_refused(ids: object, words: str) -> None:
    [message] = complaints(mapped(pattern="^tw-[0-9]+$", help="Such as tw-1."), ids)

    assert message.startswith("Event ids ")
    assert words in message


def test_a_good_map_has_no_complaint() -> None:
    assert complaints(mapped(pattern="^tw-[0-9]+$"), {"Order Completed": "tw-1", "page": "tw-2"}) == []


@pytest.mark.parametrize("pattern", ["(a|aa|a*)*$", "^(.*)*(.*)*(.*)*!$", "(x+x+)+y"])
def test_a_pattern_that_other_engines_choke_on_is_quick(pattern: str) -> None:
    vendor = mapped(pattern=pattern)

    complaints(vendor, {"page": "a" * 490})


@pytest.mark.parametrize("pattern", ["(?=a)", r"(a)\1", "(", "a{1001}", "((((a{99}){99}){99}){99})"])
def test_a_pattern_that_re2_does_not_know_is_refused(pattern: str) -> None:
    with pytest.raises(DefinitionError, match=r"settings\.ids\.pattern: no regular expression of RE2"):
        mapped(pattern=pattern)


def test_the_mode_does_not_matter_to_a_map() -> None:
    assert rendered(mapped(), track(), {"ids": {"Hello": "h"}}, Mode.TEST).body == b'{"id":"h"}'


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({}, ["client_id", "client_secret", "refresh_token"]),
        ({"client_id": "app", "client_secret": "secret"}, ["refresh_token"]),
        ({"access_token": "a-token"}, []),
    ],
)
def test_settings_are_needed_by_what_others_hold(given: dict[str, object], asked: list[str]) -> None:
    vendor = catalogue()["linkedin-conversions-api"].vendor

    found = vendor.validate_settings({"conversion_rules": {"Lead": "1"}, **given})

    assert [problem.field for problem in found] == asked
    if asked:
        assert found[-1].message == "Refresh token is needed when Access token is empty. Fill it in."


def test_the_condition_of_a_setting_reads_no_event() -> None:
    document = dict(catalogue()["linkedin-conversions-api"].vendor.document)
    client = {**document["settings"]["client_id"], "required_when": {"set": "email"}}  # type: ignore[index]
    document["settings"] = {**document["settings"], "client_id": client}  # type: ignore[dict-item]

    with pytest.raises(DefinitionError, match=r"settings\.client_id\.required_when"):
        compile_vendor(document)
