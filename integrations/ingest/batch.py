"""The door for many events at once: `/v1/batch`, `/v1/import`, beacons."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from integrations.core.facts import Incoming, Refused
from integrations.core.moments import read_moment, write_moment
from integrations.ingest.body import read_body
from integrations.ingest.decoding import Envelope, decode_element, decode_envelope, needs_walk, split
from integrations.ingest.door import Door
from integrations.ingest.keys import first_key, header_key, missing_key
from integrations.ingest.limits import Limits
from integrations.ingest.reply import SUCCESS, Refusal, Reply, partial
from integrations.ingest.request import Request
from integrations.ingest.single import event_too_large


@dataclass(frozen=True, kw_only=True, slots=True)
class Shared:
    """What the request says for all its elements; `fallback_key` ranks after an element's own key."""

    key: str
    fallback_key: str
    sent_at: str
    limits: Limits


def take_batch(request: Request, door: Door, type_hint: str) -> Reply:
    envelope = decode_envelope(read_body(request, door.limits.request_bytes))
    parameters = request.parameters()
    shared = _shared(envelope, request, parameters.get("writeKey", ""), door.limits)
    elements = [_element(bytes(text), shared) for text in split(envelope, door.limits.batch_events)]
    refused = {index: one for index, one in enumerate(elements) if isinstance(one, Refused)}
    incoming = {index: one for index, one in enumerate(elements) if isinstance(one, Incoming)}
    at_the_door = Counter(one.code for one in refused.values())
    if not (incoming or shared.key or shared.fallback_key):
        raise missing_key()
    multi_status = parameters.get("partial") == "207"
    if incoming:
        acceptance = door.accept(tuple(incoming.values()), door.facts(request))
        multi_status = multi_status or acceptance.partial_207
        results = zip(incoming, acceptance.results, strict=True)
        refused |= {index: result for index, result in results if isinstance(result, Refused)}
    if at_the_door:
        door.count_refused(shared.key or shared.fallback_key, at_the_door)
    return partial(refused, multi_status=multi_status) if refused else SUCCESS


def _shared(envelope: Envelope, request: Request, query_key: str, limits: Limits) -> Shared:
    """The batch's `sentAt` is when this request left, so it is nearer to the clock than an element's own."""
    key = first_key(header_key(request), envelope.writeKey)
    sent_at = read_moment(envelope.sentAt)
    return Shared(
        key=key,
        fallback_key="" if key else first_key(query_key),
        sent_at=write_moment(sent_at) if sent_at else "",
        limits=limits,
    )


def _element(text: bytes, shared: Shared) -> Incoming | Refused:
    """One element, ready to be stored or refused by itself."""
    if len(text) > shared.limits.event_bytes:
        return _refused(event_too_large(len(text), shared.limits.event_bytes))
    raw = decode_element(text)
    if isinstance(raw, Refused):
        return raw
    try:
        key = shared.key or first_key(raw.get("writeKey"), shared.fallback_key)
    except Refusal as reason:
        return _refused(reason)
    if not key:
        return _refused(missing_key())
    if shared.sent_at:
        raw["sentAt"] = shared.sent_at
    return Incoming(key=key, raw=raw, size=len(text), needs_walk=needs_walk(text, shared.limits))


def _refused(reason: Refusal) -> Refused:
    return Refused(reason.code, reason.message)
