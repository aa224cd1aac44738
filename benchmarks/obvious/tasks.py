"""Load the event, post it, write down what came back."""

from __future__ import annotations

import json
import time
from functools import cache
from typing import Any

import requests
from django.conf import settings

from benchmarks.obvious.celery import app

URL = "https://events.example.com/collect"


@app.task
def deliver(event_id: int) -> None:
    """One event to the one vendor."""
    from benchmarks.obvious.models import Attempt, Event  # models: only once the apps are ready

    event = Event.objects.get(id=event_id)
    body = request_body(event.payload)
    headers = {"Content-Type": "application/json", "Idempotency-Key": event.message_id}
    started = time.monotonic()
    response = session().post(address(), data=body, headers=headers, timeout=10)
    Attempt.objects.create(
        event=event,
        status=response.status_code,
        request_body=body,
        response_body=response.text,
        duration_ms=(time.monotonic() - started) * 1000,
    )


@cache
def session() -> requests.Session:
    """One a worker process, so that its connections are kept."""
    return requests.Session()


def address() -> str:
    """The sandbox's address for the vendor, the same that the product swaps in."""
    return f"{settings.SANDBOX_URL}/{URL.removeprefix('https://')}"


def request_body(payload: dict[str, Any]) -> str:
    """The documented envelope of the generic vendor."""
    body = {
        "version": "1",
        "id": payload["messageId"],
        "type": payload["type"],
        "name": payload.get("event"),
        "time": payload["timestamp"],
        "user_id": payload.get("userId"),
        "anonymous_id": payload.get("anonymousId"),
        "properties": payload.get("properties"),
        "traits": payload.get("traits"),
        "context": payload.get("context"),
    }
    present = {name: value for name, value in body.items() if value is not None}
    return json.dumps(present, separators=(",", ":"))
