"""Accept-Encoding, with examples and for anything."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.core.served.encodings import Encoding, choose

BR, GZIP, IDENTITY = Encoding.BROTLI, Encoding.GZIP, Encoding.IDENTITY
WEIGHTS = st.sampled_from(["", ";q=1", ";q=0.5", "; q=0.001", ";q=0", ";q=0.0", ";Q=1.000", ";q=2", ";q=x"])
CODINGS = st.sampled_from(["br", "gzip", "x-gzip", "identity", "*", "deflate", "zstd", "BR", ""])
HEADERS = st.lists(st.builds(str.__add__, CODINGS, WEIGHTS), max_size=5).map(", ".join)


@pytest.mark.parametrize(
    ("header", "encoding"),
    [
        (None, IDENTITY),
        ("", IDENTITY),
        ("gzip, deflate, br, zstd", BR),
        ("br;q=0.5, gzip;q=0.8", GZIP),
        ("br;q=0, gzip", GZIP),
        ("gzip;q=0.5, identity", IDENTITY),
        ("gzip;q=0.001", GZIP),
        ("*", BR),
        ("br;q=0, *;q=0.1", GZIP),
        ("*;q=0", None),
        ("identity;q=0", None),
        ("identity;q=0, gzip;q=0.1", GZIP),
        ("*;q=0, identity", IDENTITY),
        ("GZIP;Q=1.0", GZIP),
        ("x-gzip", GZIP),
        ("gzip;q=1.5", IDENTITY),
        ("deflate", IDENTITY),
        (";;q,,=", IDENTITY),
    ],
)
def test_a_form_is_chosen_by_weight_and_then_by_size(header, encoding):
    assert choose(header) is encoding


@settings(deadline=None)
@given(HEADERS)
def test_nobody_gets_a_form_that_was_refused_by_name(header):
    refused = {
        element.partition(";")[0].strip().lower()
        for element in header.split(",")
        if element.replace(" ", "").lower().endswith((";q=0", ";q=0.0"))
    }
    named_once = {name for name in refused if header.lower().count(name) == 1}

    assert choose(header) not in named_once


@settings(deadline=None)
@given(HEADERS)
def test_nobody_gets_a_compressed_form_that_was_not_asked_for(header):
    chosen, asked = choose(header), header.lower()

    assert chosen is not Encoding.BROTLI or "br" in asked or "*" in asked
    assert chosen is not Encoding.GZIP or "gzip" in asked or "*" in asked


@settings(deadline=None)
@given(st.text(max_size=200))
def test_any_text_gets_an_answer(header):
    assert choose(header) in (*Encoding, None)
