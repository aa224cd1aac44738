"""The door for images in e-mails and pages without scripts: an event in the query, a 1x1 GIF back.

`data` holds the event as JSON, plain or in base64 of either alphabet (Segment's pixel). Every other parameter
is a field of it, with dots for depth: `event=Opened&properties.campaign=may` (RudderStack's pixel, and
Segment's without `data`). Parameters win over `data`; their values stay strings.
"""

from __future__ import annotations

from integrations.core.facts import Incoming
from integrations.ingest.decoding import decode_event
from integrations.ingest.door import Door
from integrations.ingest.keys import first_key, from_base64, header_key, missing_key
from integrations.ingest.reply import Refusal, Reply
from integrations.ingest.request import Request
from integrations.ingest.single import event_too_large, store_one

GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
NOT_FIELDS = ("data", "writeKey")


def take_pixel(request: Request, door: Door, type_hint: str) -> Reply:
    size = len(request.query)
    if size > door.limits.event_bytes:
        raise event_too_large(size, door.limits.event_bytes)
    parameters = request.parameters()
    raw = _event(parameters)
    key = first_key(header_key(request), raw.get("writeKey"), parameters.get("writeKey"))
    if not key:
        raise missing_key()
    incoming = Incoming(key=key, raw=raw, type_hint=type_hint, size=size, needs_walk=True)
    return store_one(incoming, request, door)


def as_gif(reply: Reply) -> Reply:
    """Always 200 and an image, so that no page shows a broken one; X-Refused says what went wrong."""
    headers = {"Content-Type": "image/gif", "Cache-Control": "no-store"}
    return Reply(200, GIF, headers | ({"X-Refused": reply.code} if reply.code else {}), reply.code)


def _event(parameters: dict[str, str]) -> dict[str, object]:
    data = parameters.get("data")
    event = decode_event(_plain(data)) if data else {}
    for path, value in parameters.items():
        if path not in NOT_FIELDS:
            _put(event, path.split("."), value)
    return event


def _plain(data: str) -> bytes:
    if data.lstrip().startswith("{"):
        return data.encode()
    try:
        return from_base64(data.replace(" ", "+"))  # a plus that was not escaped is read as a space
    except ValueError:
        message = "data is neither JSON nor base64 of it. Encode the event's JSON in base64."
        raise Refusal(400, "bad_data", message) from None


def _put(event: dict[str, object], path: list[str], value: str) -> None:
    """Sets the field at the path; what stands in the way and is no object gives way."""
    *parents, field = path
    for parent in parents:
        below = event.get(parent)
        if not isinstance(below, dict):
            below = event[parent] = {}
        event = below
    event[field] = value
