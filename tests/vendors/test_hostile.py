"""Definitions that are made to hurt are refused quickly, with a sentence; no event takes seconds."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.mapping import DefinitionError
from integrations.core.vendor import Rejected, compile_vendor
from integrations.core.vendor.vendor import Mode
from integrations.services.catalogue import CatalogueError, load_text
from tests.vendors.samples import NOW
from tests.vendors.test_vendor import acme, track

QUICK_S = 5.0  # of CPU time, on a busy machine; each takes about one

BASE: dict[str, Any] = dict(acme().document)
EVENT = BASE["operations"]["event"]
RULE = BASE["events"][0]


def vendor(**keys: Any) -> str:
    return json.dumps({**BASE, **keys})


def operation(**keys: Any) -> str:
    return vendor(operations={"event": {**EVENT, **keys}})


def nested(levels: int) -> Any:
    deep: Any = "x"
    for _ in range(levels):
        deep = {"first": [deep]}
    return deep


HOSTILE: list[tuple[str, Callable[[], str], str]] = [
    ("brackets without end", lambda: "[" * 200_000, "nested too deeply"),
    ("braces without end", lambda: "{a: " * 100_000, "nested too deeply"),
    ("deep expressions", lambda: operation(fields={"x": nested(25)}), "nested deeper than"),
    ("a bomb of aliases", lambda: "a: &a [x]\nb: [*a, *a]", "anchors are not allowed"),
    (
        "a tag on a list",
        lambda: "a: !!python/object/apply:os.system [x]",
        "the tag !os.system is not allowed",
    ),
    ("a tag on an object", lambda: "a: !!set {x: null}", "the tag !set is not allowed"),
    ("a text of megabytes", lambda: vendor(about="x" * 600_000), "longer than 524288 characters"),
    ("thousands of rules", lambda: vendor(events=[RULE] * 5_000), "may have 20000; make it smaller"),
    ("hundreds of rules", lambda: vendor(events=[RULE] * 301), "there may be 300; use fewer"),
    ("thousands of errors", lambda: vendor(events=[{"x": 1}] * 40_000), "may have 20000; make it smaller"),
    ("thousands of keys", lambda: vendor(**{f"k{i}": 1 for i in range(30_000)}), "may have 20000"),
    (
        "many rules with many fields",
        lambda: vendor(
            operations={"event": {**EVENT, "fields": {f"f{i}": "$event" for i in range(1_900)}}},
            events=[{**RULE, "rule": f"r{i}"} for i in range(290)],
        ),
        "more than 60000 expressions; use fewer rules",
    ),
    ("a wide object", lambda: operation(fields={f"f{i}": "$event" for i in range(3_000)}), "2000 parts"),
    ("a template of pages", lambda: operation(fields={"x": {"template": "{$event}" * 500}}), "at most 2000"),
    ("a path without end", lambda: operation(fields={"x": "$" + "a." * 50_000}), "is no path"),
    (
        "values that double",
        lambda: vendor(values={f"v{i}": [{"use": f"v{i - 1}"}] * 2 if i else "$event" for i in range(39)}),
        "nested deeper than",
    ),
    (
        "conditions that double",
        lambda: vendor(
            conditions={
                f"c{i}": {"any": [{"is": f"c{i - 1}"}] * 2} if i else {"type": "track"} for i in range(39)
            }
        ),
        "more than 2000 parts",
    ),
    (
        "operations without end",
        lambda: operation(fields={"x": {"from": "$event", "as": ["lower"] * 1_000}}),
        "at most 20 operations",
    ),
    (
        "a pattern of patterns",
        lambda: vendor(settings={"s": {"type": "string", "label": "s", "pattern": "((a{99}){99}){99}"}}),
        "no regular expression of RE2",
    ),
    ("half a character", lambda: 'slug: "\\ud800"', "no valid YAML"),
    ("a digit without end", lambda: "9" * 400_000, "a vendor file is a YAML object"),
]


@pytest.mark.parametrize(
    ("make", "words"), [pytest.param(make, words, id=id_) for id_, make, words in HOSTILE]
)
def test_it_is_refused_quickly_and_says_why(make: Callable[[], str], words: str) -> None:
    text, began = make(), time.process_time()

    with pytest.raises(CatalogueError) as caught:
        load_text(text, "v.yaml")

    assert words in str(caught.value)
    assert len(str(caught.value)) < 1_000
    assert time.process_time() - began < QUICK_S


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=12,
)


@given(key=st.sampled_from([*sorted(BASE), "values", "conditions", "click_ids"]), value=json_values)
def test_any_value_under_any_key_compiles_or_is_refused(key: str, value: object) -> None:
    try:
        compile_vendor({**BASE, key: value})
    except DefinitionError as error:
        assert error.message


@given(
    key=st.sampled_from(sorted([*EVENT, "group", "envelope", "query", "auth", "limits"])), value=json_values
)
def test_any_value_in_an_operation_compiles_or_is_refused(key: str, value: object) -> None:
    try:
        compile_vendor({**BASE, "operations": {"event": {**EVENT, key: value}}})
    except DefinitionError as error:
        assert error.message


def test_a_list_that_would_take_seconds_is_rejected() -> None:
    item = {f"f{i}": {"first": [".a", ".b", ".c"]} for i in range(400)}
    heavy = acme(fields={"x": {"each": "products", "item": item}})
    event = track(properties={"products": [{"d": 1}] * 1_000})

    made = heavy.render(event, {}, now=NOW, mode=Mode.LIVE)

    assert isinstance(made, Rejected)
    assert "the list has 1000 items, and at most" in made.reason
