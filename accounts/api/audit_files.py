"""The audit log as a file, written in pieces so that its size does not matter."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.http.response import StreamingHttpResponse

FORMATS = ("json", "csv")
FORMULA = ("=", "+", "-", "@", "\t", "\r")

Row = Mapping[str, Any]


def file_of(
    name: str, rows: Iterable[Row], columns: Sequence[str], to_json: Callable[[Row], bytes]
) -> StreamingHttpResponse:
    """The download of these rows."""
    pieces = _csv(rows, columns) if name == "csv" else _json(rows, to_json)
    return StreamingHttpResponse(
        pieces,
        content_type="text/csv; charset=utf-8" if name == "csv" else "application/json",
        headers={"Content-Disposition": f'attachment; filename="audit.{name}"'},
    )


def _json(rows: Iterable[Row], to_json: Callable[[Row], bytes]) -> Iterator[bytes]:
    before = b"["
    for row in rows:
        yield before + to_json(row)
        before = b",\n"
    yield b"[]" if before == b"[" else b"]"


class _Line:
    """What csv writes to: it gives the line back."""

    def write(self, text: str) -> str:
        return text


def _csv(rows: Iterable[Row], columns: Sequence[str]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(columns)
    for row in rows:
        yield writer.writerow([_cell(row[name]) for name in columns])


def _cell(value: Any) -> str:
    """A cell's text. What a spreadsheet would take for a formula is quoted."""
    text = (
        json.dumps(value, ensure_ascii=False)
        if isinstance(value, dict)
        else str("" if value is None else value)
    )
    return f"'{text}" if text.startswith(FORMULA) else text
