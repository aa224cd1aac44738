"""JSON text is cut at a level and is otherwise left as it is."""

from __future__ import annotations

import json
import time
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.facts import Refused
from integrations.ingest import nesting
from integrations.ingest.decoding import decode_element, decode_envelope, split
from integrations.ingest.nesting import CUT, TooDeep, flatten

TOO_DEEP = Refused("too_deep", "The element is nested too deeply to be read. Send flatter objects.")
MEGABYTE = 1024 * 1024
TEXTS = st.text(alphabet='ab\\"[]{},:\n\u00e9\U0001f600') | st.text()
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
LAYOUTS = st.fixed_dictionaries({"ensure_ascii": st.booleans(), "indent": st.sampled_from([None, 0, 2])})


def deep(levels: int, innermost: bytes = b"") -> bytes:
    return b'{"a":[' * (levels // 2) + innermost + b"]}" * (levels // 2)


def depth_of(value: Any) -> int:
    children = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if children is None else 1 + max(map(depth_of, children), default=0)


def cut(value: Any, levels: int) -> Any:
    """What is to be left of a value."""
    if not isinstance(value, dict | list):
        return value
    if not levels:
        return float(CUT)
    if isinstance(value, dict):
        return {key: cut(child, levels - 1) for key, child in value.items()}
    return [cut(child, levels - 1) for child in value]


@given(VALUES, st.integers(0, 5), LAYOUTS)
def test_what_is_deeper_is_cut(value: object, levels: int, layout: dict[str, Any]) -> None:
    text = json.dumps(value, **layout).encode()

    assert json.loads(flatten(text, levels)) == cut(value, levels)


@given(VALUES, LAYOUTS)
def test_what_is_not_too_deep_stays_as_it_is(value: object, layout: dict[str, Any]) -> None:
    text = json.dumps(value, **layout).encode()

    assert flatten(text, depth_of(value)) == text


@given(st.lists(VALUES, min_size=1), st.data())
def test_beside_deep_elements_a_batch_has_the_elements_that_msgspec_finds(
    elements: list[object], data: st.DataObject
) -> None:
    layout, key = data.draw(LAYOUTS), data.draw(st.none() | TEXTS)
    texts = [json.dumps(element, **layout).encode() for element in elements]
    places = data.draw(st.sets(st.integers(0, len(texts)), max_size=3))
    for place in sorted(places, reverse=True):
        texts.insert(place, deep(5000, b'"]}\\""'))
    deep_places = {
        index for index, text in enumerate(texts) if len(text) > 5000 and text.startswith(b'{"a":[')
    }
    shallow = [b"0" if index in deep_places else text for index, text in enumerate(texts)]

    request = b'{"writeKey": %b , "batch": [%b]}'
    found, expected = (
        decode_envelope(request % (json.dumps(key).encode(), b" , ".join(some))) for some in (texts, shallow)
    )

    assert found.writeKey == expected.writeKey == key
    for index, (ours, theirs) in enumerate(zip(split(found, 99), split(expected, 99), strict=True)):
        if index in deep_places:
            assert decode_element(bytes(ours)) == TOO_DEEP
        else:
            assert bytes(ours) == bytes(theirs)


@given(st.text(alphabet='ab{}[]"\\:,1 ', max_size=60), st.integers(0, 3))
def test_almost_json_never_raises(text: str, levels: int) -> None:
    flatten(text.encode(), levels)


@pytest.mark.parametrize(
    "text",
    [deep(100)[:-1], deep(100)[:150], b"[" * 100, b"]" * 100, b'["' + b"[" * 100, b"[" * 100 + b'"\\'],
    ids=repr,
)
def test_what_was_no_json_does_not_become_it(text: bytes) -> None:
    with pytest.raises(json.JSONDecodeError):
        json.loads(flatten(text, 10))


@pytest.mark.parametrize(
    "text",
    [
        b" " * 4 * MEGABYTE + b'"',
        b'""' * 2 * MEGABYTE,
        b'"a' * 2 * MEGABYTE,
        b'"' + b"\\n" * 2 * MEGABYTE,
        b"[" * nesting.BRACKETS_LIMIT,
        b"[],{}," * (nesting.BRACKETS_LIMIT // 4),
    ],
    ids=lambda text: repr(text[:6]),
)
def test_it_takes_little_time(text: bytes) -> None:
    began = time.thread_time()

    flatten(text, 10)

    assert time.thread_time() - began < 1


def test_there_is_a_bound() -> None:
    with patch.object(nesting, "BRACKETS_LIMIT", 9):
        assert flatten(b"[{}[]{}]" + b" " * 99, 1) == b"[" + CUT * 3 + b"]" + b" " * 99

        with pytest.raises(TooDeep, match="in smaller batches"):
            flatten(b"[{}[]{}[]]", 1)
