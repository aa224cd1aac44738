"""Appends rows by binary COPY: attempts, and whatever an owner's append-only tables take."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection

from delivery.lanes import Tables

UUID_OID = 2950
UUID_LENGTH = struct.pack("!i", 16)

ATTEMPT_COLUMNS = {
    "id": "uuid",
    "lane_id": "uuid",
    "scope_id": "uuid",
    "delivery_ids": "bytea",
    "operation": "text",
    "mode": "text",
    "started_at": "timestamptz",
    "method": "text",
    "url": "text",
    "request_headers": "bytea",
    "request_body": "text",
    "status": "int2",
    "response_headers": "bytea",
    "response_body": "text",
    "verdict": "text",
    "reason": "text",
    "dns_ms": "float8",
    "connect_ms": "float8",
    "tls_ms": "float8",
    "first_byte_ms": "float8",
    "total_ms": "float8",
}


def write_attempts(tables: Tables, attempts: Sequence[tuple[Any, ...]]) -> None:
    """Append attempts, values in the order of ATTEMPT_COLUMNS; JSON by `jsonb`, ids by `uuid_array`."""
    if attempts:
        copy_rows(tables.attempts, ATTEMPT_COLUMNS, attempts)


def uuid_array(ids: Sequence[UUID]) -> bytes:
    """A `uuid[]` value, not empty, as COPY's binary form wants it in a `bytea` column.

    One dimension, no nulls, the type of its elements, how many, from 1 on; then each with its length.
    """
    head = struct.pack("!iiIii", 1, 0, UUID_OID, len(ids), 1)
    return head + b"".join(UUID_LENGTH + id.bytes for id in ids)


def jsonb(value: object) -> bytes:
    """A `jsonb` value as COPY's binary form wants it in a `bytea` column: a version byte, then the text."""
    return b"\x01" + msgspec.json.encode(value)


def copy_rows(table: str, columns: Mapping[str, str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Binary COPY of rows. `columns` gives the wire type of each: JSON goes as `bytea`, byte for byte."""
    statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT BINARY)"
    # Django gives psycopg's errors its own names everywhere but in COPY.
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(list(columns.values()))
        for row in rows:
            copy.write_row(row)
