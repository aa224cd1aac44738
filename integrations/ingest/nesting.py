"""Cuts JSON text down to a number of levels: one element nested too deeply must not cost the others."""

from __future__ import annotations

import re

from integrations.ingest.reply import Refusal

BRACKETS_LIMIT = 200_000  # bounds the time: each costs a step
CUT = b"-0.5e+98765"  # a number that every decoder steps over, and that none takes
OPENING = b"[{"
# Up to the next bracket that is in no string. Possessive, so that no byte is looked at twice.
UP_TO_BRACKET = re.compile(rb'(?:[^"\[\]{}]++|"(?:[^"\\]++|\\.)*+")*+[\[\]{}]', re.DOTALL)


class TooDeep(Refusal):
    """Objects and arrays are nested in one another more deeply than they can be read."""

    def __init__(
        self, message: str = "The body is nested too deeply to be read. Send flatter objects."
    ) -> None:
        super().__init__(400, "too_deep", message)


def flatten(text: bytes, levels: int) -> bytes:
    """The text with CUT for each object and array that is deeper than so many levels. Raises TooDeep.

    So whatever was deeper cannot be decoded, and all around it can. Whether the text is JSON is left to the
    decoder; only in what is cut out it no longer matters.
    """
    if sum(map(text.count, (b"[", b"]", b"{", b"}"))) > BRACKETS_LIMIT:
        raise TooDeep(
            "The batch has an element that is nested too deeply to be read, and is too large to leave out "
            "only that one. Send flatter objects, in smaller batches."
        )
    pieces: list[bytes] = []
    depth = kept_from = cut_at = end = 0
    while bracket := UP_TO_BRACKET.match(text, end):
        end = bracket.end()
        if text[end - 1] in OPENING:
            depth += 1
            if depth == levels + 1:
                cut_at = end - 1
        else:
            if depth == levels + 1:
                pieces += [text[kept_from:cut_at], CUT]
                kept_from = end
            depth -= 1
    return b"".join([*pieces, text[kept_from:]])
