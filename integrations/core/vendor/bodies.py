"""Bodies: one event's bytes, how many of them fit a request, gzip."""

from __future__ import annotations

import gzip
from collections.abc import Sequence

import msgspec

from integrations.core.mapping import Rejection

_encoder = msgspec.json.Encoder()


def json_bytes(value: object, vendor: str) -> bytes:
    """Compact UTF-8 JSON with keys in the order of the mapping."""
    try:
        return _encoder.encode(value)
    except (UnicodeEncodeError, RecursionError, OverflowError, TypeError, ValueError):
        raise Rejection(
            f"{vendor} can't take the event: a value can't be written as JSON. Correct it."
        ) from None


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
