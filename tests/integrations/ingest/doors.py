"""A storage in memory behind the doors, and a short way to knock."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO

from integrations.core.event import Event
from integrations.core.facts import (
    Acceptance,
    Duplicate,
    Facts,
    Incoming,
    KeyRefused,
    Refused,
    Result,
    Stored,
)
from integrations.core.normalise import BadEvent, normalise
from integrations.ingest.door import Door
from integrations.ingest.handle import handle
from integrations.ingest.reply import Reply

KEY = "wk_live-1"
NOW = datetime(2026, 11, 21, 5, 42, 10, tzinfo=UTC)
TRACK: dict[str, object] = {"type": "track", "event": "Order Completed", "anonymousId": "a1"}
SUCCESS = {"success": True}


@dataclass
class Storage:
    """Knows three keys, as accept() does, and keeps what it stored."""

    events: list[Event] = field(default_factory=list)
    seen: list[Incoming] = field(default_factory=list)
    message_ids: set[str] = field(default_factory=set)
    facts: Facts | None = None
    partial_207: bool = False
    failure: Exception | None = None

    def accept(self, incoming: Sequence[Incoming], facts: Facts) -> Acceptance:
        if self.failure:
            raise self.failure
        for one in incoming:
            self._check_key(one.key)
        self.seen, self.facts = list(incoming), facts
        return Acceptance(results=tuple(map(self._store, incoming)), partial_207=self.partial_207)

    def _check_key(self, key: str) -> None:
        match key:
            case "revoked":
                raise KeyRefused(401, "revoked_write_key", "The write key was revoked.")
            case "disabled":
                raise KeyRefused(403, "pipeline_disabled", "The pipeline is off.")
            case _ if key != KEY:
                raise KeyRefused(401, "unknown_write_key", "The write key is unknown.")

    def _store(self, one: Incoming) -> Result:
        number = f"new-{len(self.events)}"
        hint, walk = one.type_hint, one.needs_walk
        try:
            event = normalise(
                one.raw, received_at=NOW, type_hint=hint, new_message_id=number, needs_walk=walk
            )
        except BadEvent as reason:
            return Refused(reason.code, reason.message)
        if event.message_id in self.message_ids:
            return Duplicate()
        self.message_ids.add(event.message_id)
        self.events.append(event)
        return Stored()


def basic(key: str = KEY, *, colon: bool = True) -> dict[str, str]:
    user = key + (":" if colon else "")
    return {"authorization": "Basic " + base64.b64encode(user.encode()).decode()}


def knock(
    storage: Storage,
    path: str,
    body: object = b"",
    *,
    method: str = "POST",
    query: str = "",
    headers: dict[str, str] | None = None,
    door: Door | None = None,
    remote_addr: str = "203.0.113.9",
) -> Reply:
    """One request; a body that is no bytes is sent as JSON, through a stream with its length."""
    text = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"content-length": str(len(text))} | (headers or {})
    door = door or Door(accept=storage.accept)
    return handle(method, path, query, sent, BytesIO(text), remote_addr, door=door)


def said(reply: Reply) -> dict[str, object]:
    answer = json.loads(reply.body)
    assert isinstance(answer, dict)
    return answer


def failure(status: str, code: str, message: str) -> dict[str, object]:
    return {
        "success": False,
        "code": code,
        "message": message,
        "Error": status,
        "Message": message,
        "Details": "",
    }
