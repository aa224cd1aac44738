"""Bodies: one event's bytes, the envelope around a batch, gzip."""

from __future__ import annotations

import gzip
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from integrations.core.mapping import (
    Context,
    DefinitionError,
    Expression,
    Rejection,
    Scope,
    compile_expression,
)
from integrations.core.mapping.errors import Path

ELEMENTS = "$elements"  # where the events stand in an envelope
_SLOT = "\ue000elements\ue000"  # a private-use text that stands for them while the envelope is encoded
_encoder = msgspec.json.Encoder()


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """`object` sends one event as it is, `array` a list, `around` a declared object with the list inside."""

    is_array: bool = False
    around: Expression | None = None

    @property
    def holds_many(self) -> bool:
        return self.is_array or self.around is not None


def compile_envelope(document: object, context: Context, path: Path) -> Envelope:
    if not isinstance(document, Mapping):
        return Envelope(is_array=document == "array")
    if _slots(document) != 1:
        raise DefinitionError(
            path, f"the envelope needs the text {ELEMENTS} exactly once, where the events stand"
        )
    return Envelope(around=compile_expression(_with_slot(document), context, path))


def json_bytes(value: object, vendor: str) -> bytes:
    """Compact UTF-8 JSON with keys in the order of the mapping."""
    try:
        return _encoder.encode(value)
    except (UnicodeEncodeError, RecursionError, OverflowError, TypeError, ValueError):
        raise Rejection(
            f"{vendor} can't take the event: a value can't be written as JSON. Correct it."
        ) from None


def frame(envelope: Envelope, scope: Scope, vendor: str) -> tuple[bytes, bytes]:
    """What stands before and after the events' bytes."""
    if envelope.is_array:
        return b"[", b"]"
    if envelope.around is None:
        return b"", b""
    encoded = json_bytes(envelope.around.run(scope), vendor)
    before, _, after = encoded.partition(_encoder.encode(_SLOT))
    return before + b"[", b"]" + after


def chunks(
    sizes: Sequence[int], *, overhead: int, max_count: int, max_bytes: int, largest: int | None = None
) -> tuple[list[list[int]], list[int]]:
    """Positions grouped in order so that no group is over a limit, and those that are too large alone."""
    groups: list[list[int]] = []
    oversized: list[int] = []
    filled = 0
    for position, size in enumerate(sizes):
        if overhead + size > max_bytes or (largest is not None and size > largest):
            oversized.append(position)
        elif groups and len(groups[-1]) < max_count and filled + 1 + size <= max_bytes:
            groups[-1].append(position)
            filled += 1 + size
        else:
            groups.append([position])
            filled = overhead + size
    return groups, oversized


def compressed(body: bytes, over_bytes: int | None) -> bytes | None:
    """The same bytes for the same body, None when it is not to be compressed."""
    if over_bytes is None or len(body) <= over_bytes:
        return None
    return gzip.compress(body, compresslevel=6, mtime=0)


def _slots(document: object) -> int:
    if isinstance(document, Mapping):
        return sum(_slots(value) for value in document.values())
    if isinstance(document, list):
        return sum(_slots(value) for value in document)
    return int(document == ELEMENTS)


def _with_slot(document: Any) -> Any:
    if isinstance(document, Mapping):
        return {key: _with_slot(value) for key, value in document.items()}
    if isinstance(document, list):
        return [_with_slot(value) for value in document]
    return _SLOT if document == ELEMENTS else document
