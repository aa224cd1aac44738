"""Mends JSON text that has half of a surrogate pair: a cut emoji must not cost the event."""

from __future__ import annotations

import re

REPLACEMENT = rb"\ufffd"
PAIR = rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
LONE = rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}"
# All else is stepped over in one go, escapes as wholes, so that `\\ud800` stays a backslash and text.
SOUND = rb"(?:[^\\]++|\\[^u]|%b|\\u(?![dD][89a-fA-F]))++" % PAIR
PIECES = re.compile(rb"(%b)|%b" % (SOUND, LONE))


def without_lone_surrogates(text: bytes) -> bytes:
    """Each half becomes U+FFFD, as browsers do it when they encode text."""
    if rb"\ud" not in text and rb"\uD" not in text:
        return text
    return PIECES.sub(lambda piece: piece[1] or REPLACEMENT, text)
