"""Takes events in: a row each, and a task each once they are committed."""

from __future__ import annotations

import json
from functools import partial
from typing import Any

from django.db import transaction
from django.http import HttpRequest, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from benchmarks.obvious.models import Event
from benchmarks.obvious.tasks import deliver


@csrf_exempt
@require_POST
def take_event(request: HttpRequest) -> JsonResponse:
    """One event."""
    with transaction.atomic():
        _take(json.loads(request.body))
    return JsonResponse({"success": True})


@csrf_exempt
@require_POST
def take_batch(request: HttpRequest) -> JsonResponse:
    """Several events, all or none."""
    with transaction.atomic():
        for payload in json.loads(request.body)["batch"]:
            _take(payload)
    return JsonResponse({"success": True})


def _take(payload: dict[str, Any]) -> None:
    event = Event.objects.create(
        message_id=payload["messageId"], name=payload.get("event", ""), payload=payload
    )
    transaction.on_commit(partial(deliver.delay, event.id))
