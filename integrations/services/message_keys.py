"""Message ids that were seen: each is stored once in at least 24 hours.

Three tables by day modulo three hold 16-byte keys: today's takes inserts, yesterday's is looked into, the
third is emptied. The day is part of the key, so a table that was never emptied can't refuse a later event.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from hashlib import blake2b
from uuid import UUID

from django.db import connection, transaction

TABLE = "integrations_messagekey"
DAY = timedelta(days=1)
MessageKey = tuple[UUID, str]  # pipeline id, message id


def claim_message_ids(messages: Sequence[MessageKey], *, now: datetime) -> set[MessageKey]:
    """Those (pipeline, message id) that were not seen before; from this transaction's commit on they were."""
    if not messages:
        return set()
    fresh = {_key(message, now): message for message in messages}
    keys = sorted(fresh)
    yesterday = [_key(fresh[key], now - DAY) for key in keys]
    # ORDER BY: one order for all transactions, whatever the join; two that share ids can't deadlock then.
    query = f"""
        INSERT INTO {_table(now)} (key)
        SELECT today FROM unnest(%s::bytea[], %s::bytea[]) AS k(today, before)
        WHERE NOT EXISTS (SELECT 1 FROM {_table(now - DAY)} y WHERE y.key = k.before)
        ORDER BY today ON CONFLICT DO NOTHING RETURNING key
    """  # noqa: S608 (table names are made here)
    with connection.cursor() as cursor:
        cursor.execute(query, [keys, yesterday])
        return {fresh[bytes(row[0])] for row in cursor.fetchall()}


def empty_old_keys(*, now: datetime) -> None:
    """Empty the table that is neither today's nor yesterday's."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '2s'")
        cursor.execute(f"TRUNCATE {_table(now + DAY)}")


def _table(at: datetime) -> str:
    return f"{TABLE}_{_day(at) % 3}"


def _day(at: datetime) -> int:
    return int(at.timestamp()) // 86_400


def _key(message: MessageKey, at: datetime) -> bytes:
    pipeline_id, message_id = message
    text = f"{_day(at)} {message_id}".encode()
    return blake2b(text, digest_size=16, key=pipeline_id.bytes).digest()
