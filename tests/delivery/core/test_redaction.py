"""Secrets out of what is logged."""

from delivery.core.redaction import MASK, as_text, masked, masked_headers


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
