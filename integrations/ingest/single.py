"""The door for one event: `/v1/track` and its kin."""

from __future__ import annotations

from integrations.core.facts import Incoming, Refused
from integrations.ingest.body import read_body
from integrations.ingest.decoding import decode_event, needs_walk
from integrations.ingest.door import Door
from integrations.ingest.keys import first_key, header_key, missing_key
from integrations.ingest.reply import SUCCESS, Refusal, Reply, error
from integrations.ingest.request import Request


def take_event(request: Request, door: Door, type_hint: str) -> Reply:
    text = read_body(request, door.limits.request_bytes)
    if len(text) > door.limits.event_bytes:
        raise event_too_large(len(text), door.limits.event_bytes)
    raw = decode_event(text)
    incoming = Incoming(
        key=_key(request, raw),
        raw=raw,
        type_hint=type_hint,
        size=len(text),
        needs_walk=needs_walk(text, door.limits),
    )
    return store_one(incoming, request, door)


def store_one(incoming: Incoming, request: Request, door: Door) -> Reply:
    result = door.accept((incoming,), door.facts(request)).results[0]
    return error(400, result.code, result.message) if isinstance(result, Refused) else SUCCESS


def event_too_large(size: int, limit: int) -> Refusal:
    return Refusal(
        413, "event_too_large", f"The event has {size} bytes; the most is {limit}. Send less with it."
    )


def _key(request: Request, raw: dict[str, object]) -> str:
    key = first_key(header_key(request), raw.get("writeKey"), request.parameters().get("writeKey"))
    if not key:
        raise missing_key()
    return key
