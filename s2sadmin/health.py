"""Whether this process lives, and whether it can do its work."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse


def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"ok": True})


def readyz(request: HttpRequest) -> JsonResponse:
    """Events can be stored: PostgreSQL answers and today's partitions are there."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT to_regclass('integrations_event_' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD'))"
            )
            row = cursor.fetchone()
    except DatabaseError:
        return JsonResponse({"ok": False, "reason": "PostgreSQL does not answer."}, status=503)
    if row is None or row[0] is None:
        reason = "Today's partition is missing: run manage.py keep_partitions."
        return JsonResponse({"ok": False, "reason": reason}, status=503)
    return JsonResponse({"ok": True})
