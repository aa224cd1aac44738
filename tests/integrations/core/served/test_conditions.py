"""If-None-Match for anything: who has the tag gets 304, nobody else does."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.core.served.conditions import has_it, matches

AT = datetime(2026, 11, 21, tzinfo=UTC)
OPAQUE = st.text(st.characters(codec="latin-1", categories=["L", "N", "P", "S"]), max_size=12).map(
    lambda text: text.replace('"', "")
)
TAGS = st.builds('{}"{}"'.format, st.sampled_from(["", "W/"]), OPAQUE)


@settings(deadline=None)
@given(st.lists(TAGS, max_size=4), st.lists(TAGS, max_size=4), OPAQUE, st.sampled_from(["", "W/"]))
def test_a_tag_is_found_wherever_it_stands_in_the_list(before, after, opaque, weak):
    listed = ", ".join([*before, f'{weak}"{opaque}"', *after])

    assert matches(f'"{opaque}"', listed)


@settings(deadline=None)
@given(st.lists(TAGS, max_size=4), OPAQUE)
def test_a_tag_that_is_not_in_the_list_is_not_found(tags, opaque):
    others = [tag for tag in tags if tag.removeprefix("W/") != f'"{opaque}"']

    assert not matches(f'"{opaque}"', ",".join(others))


@settings(deadline=None)
@given(st.text(max_size=100), st.text(max_size=100))
def test_any_text_gets_an_answer(if_none_match, if_modified_since):
    assert has_it('"tag"', AT, None, if_modified_since) in (True, False)
    assert has_it('"tag"', AT, if_none_match, None) == (
        '"tag"' in if_none_match or if_none_match.strip() == "*"
    )
