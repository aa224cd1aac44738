"""Whether this process lives, whether it can do its work, and what operators have stopped."""

from __future__ import annotations

from django.db import DatabaseError, connection
from django.http import HttpRequest, JsonResponse

from integrations.services.heartbeats import life
from integrations.services.switches import Switch, is_stopped


def healthz(request: HttpRequest) -> JsonResponse:
    """The process answers."""
    return JsonResponse({"ok": True})


def readyz(request: HttpRequest) -> JsonResponse:
    """Events can be stored: PostgreSQL answers and today's partitions are there.

    It is ready with the intake stopped too, as it serves files then; the answer tells of it, and who lives.
    """
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
    lives = life()
    return JsonResponse(
        {
            "ok": True,
            "intake": _state(Switch.INTAKE),
            "sending": _state(Switch.SENDING),
            "workers": len(lives.workers),
            "beat": "alive" if lives.is_beat_alive else "silent",
        }
    )


def _state(switch: Switch) -> str:
    return "stopped" if is_stopped(switch) else "on"
