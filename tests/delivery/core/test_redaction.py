"""Secrets out of what is logged."""

from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.core.redaction import MASK, as_text, masked, masked_cut, masked_headers


def test_it_masks_every_secret_wherever_it_stands():
    text = "https://v.example/?key=s3cret&again=s3cret"

    assert masked(text, ["s3cret"]) == f"https://v.example/?key={MASK}&again={MASK}"


def test_a_secret_that_holds_another_leaves_nothing_behind():
    assert masked("token-and-more", ["token", "token-and-more"]) == MASK


def test_it_keeps_the_scheme_word_of_a_header():
    assert masked_headers([("Authorization", "Token abcdef")], ["abcdef"]) == {
        "Authorization": f"Token {MASK}"
    }


def test_it_makes_any_bytes_storable_text():
    assert as_text(b"ok\x00\xff") == "ok␀�"


def test_a_secret_that_was_cut_in_two_is_masked_in_its_last_part():
    assert masked_cut("key s3cret-to", ["s3cret-token"]) == "key ••••"
    assert masked_cut("key s3cret-token", ["s3cret-token"]) == "key ••••"
    assert masked_cut("s3cr", ["s3cret-token"]) == "••••"


def test_what_only_looks_like_the_end_of_a_secret_stays():
    assert masked_cut("a cut tok", ["s3cret-token"]) == "a cut tok"
    assert masked_cut("s3c", ["s3cret-token"]) == "s3c"  # less than what is masked at all


@settings(deadline=None)
@given(st.text(min_size=4, max_size=30), st.text(max_size=30), st.integers(0, 60))
def test_wherever_a_text_is_cut_no_long_part_of_a_secret_is_left_at_its_end(secret, before, length):
    cut = (before + secret)[:length]

    shown = masked_cut(cut, [secret])

    assert not any(shown.endswith(secret[:part]) for part in range(4, len(secret) + 1) if MASK not in secret)
