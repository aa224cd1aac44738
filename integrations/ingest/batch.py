"""The door for many events at once: `/v1/batch`, `/v1/import`, beacons."""

from __future__ import annotations

from integrations.core.facts import Incoming, Refused
from integrations.ingest.accepting import Accepting
from integrations.ingest.body import read_body
from integrations.ingest.decoding import Envelope, decode_element, decode_envelope, needs_walk, split
from integrations.ingest.keys import first_key, header_key, missing_key
from integrations.ingest.limits import Limits
from integrations.ingest.reply import SUCCESS, Refusal, Reply, partial
from integrations.ingest.request import Request
from integrations.ingest.single import event_too_large


def take_batch(request: Request, door: Accepting, type_hint: str) -> Reply:
    envelope = decode_envelope(read_body(request, door.limits.request_bytes))
    parameters = request.parameters()
    shared_key = first_key(header_key(request), envelope.writeKey)
    query_key = parameters.get("writeKey", "")
    elements = [
        _element(bytes(text), envelope, (shared_key, query_key), door.limits)
        for text in split(envelope, door.limits.batch_events)
    ]
    return _store(elements, request, door, multi_status=parameters.get("partial") == "207")


def _element(text: bytes, envelope: Envelope, keys: tuple[str, str], limits: Limits) -> Incoming | Refused:
    """One element, ready to be stored or refused by itself. `keys` rank before and after the element's own."""
    if len(text) > limits.event_bytes:
        return _refused(event_too_large(len(text), limits.event_bytes))
    raw = decode_element(text)
    if isinstance(raw, Refused):
        return raw
    try:
        key = keys[0] or first_key(raw.get("writeKey"), keys[1])
    except Refusal as reason:
        return _refused(reason)
    if not key:
        return _refused(missing_key())
    if envelope.sentAt is not None:
        raw["sentAt"] = (
            envelope.sentAt
        )  # when this request left, so nearer to the clock than the element's own
    return Incoming(key=key, raw=raw, size=len(text), needs_walk=needs_walk(text, limits))


def _store(
    elements: list[Incoming | Refused], request: Request, door: Accepting, *, multi_status: bool
) -> Reply:
    """Refused elements keep their place in the batch; the others are stored together."""
    refused = {index: one for index, one in enumerate(elements) if isinstance(one, Refused)}
    places = [index for index, one in enumerate(elements) if isinstance(one, Incoming)]
    if not places and all(one.code == "missing_write_key" for one in refused.values()):
        raise missing_key()
    if places:
        incoming = [one for one in elements if isinstance(one, Incoming)]
        acceptance = door.accept(incoming, door.facts(request))
        multi_status = multi_status or acceptance.partial_207
        for index, result in zip(places, acceptance.results, strict=True):
            if isinstance(result, Refused):
                refused[index] = result
    return partial(refused, multi_status=multi_status) if refused else SUCCESS


def _refused(reason: Refusal) -> Refused:
    return Refused(reason.code, reason.message)
