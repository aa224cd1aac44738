"""Decodes JSON bodies so that one bad element of a batch does not spoil the others."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from integrations.core.facts import Refused
from integrations.ingest.limits import Limits
from integrations.ingest.nesting import CUT, TooDeep, flatten
from integrations.ingest.reply import Refusal
from integrations.ingest.surrogates import without_lone_surrogates

T = TypeVar("T")
NUL_ESCAPE = rb"\u0000"
NOTHING = msgspec.Raw(b"")
READABLE_LEVELS = 400  # fewer than the decoder takes, whoever calls it


class Envelope(msgspec.Struct, frozen=True):
    """A batch request: its elements still as bytes."""

    batch: msgspec.Raw = NOTHING
    writeKey: object = None
    sentAt: object = None


ANYTHING = msgspec.json.Decoder()
ENVELOPE = msgspec.json.Decoder(Envelope)
ELEMENTS = msgspec.json.Decoder(list[msgspec.Raw])


def decode_event(text: bytes) -> dict[str, object]:
    """The one object that the text holds. Raises Refusal."""
    event = _decode(ANYTHING, text)
    if not isinstance(event, dict):
        raise Refusal(400, "not_object", "The body is JSON but no object. Send the event as a JSON object.")
    return event


def decode_envelope(text: bytes) -> Envelope:
    """The batch request that the text holds. Raises Refusal.

    An element that is too deep even to be stepped over is cut, so that it is refused alone.
    """
    if not text.lstrip().startswith(b"{"):
        decode_event(text)  # says whether it is no JSON or no object
    try:
        return _decode(ENVELOPE, text)
    except TooDeep:
        return _decode(ENVELOPE, flatten(text, READABLE_LEVELS))


def split(envelope: Envelope, limit: int) -> list[msgspec.Raw]:
    """The batch's elements, each as its own bytes. Raises Refusal."""
    text = bytes(envelope.batch)
    if not text.startswith(b"["):
        found = "missing" if not text else "no array"
        raise Refusal(
            400,
            "bad_batch",
            f"batch is {found}; it must be an array of events. Send one, also for a single event.",
        )
    elements = _decode(ELEMENTS, text)
    if not elements:
        raise Refusal(400, "empty_batch", "batch is empty. Send at least one event.")
    if len(elements) > limit:
        raise Refusal(
            413,
            "too_many_events",
            f"batch has {len(elements)} events; the most is {limit}. Send smaller batches.",
        )
    return elements


def decode_element(text: bytes) -> dict[str, object] | Refused:
    """One element of a batch, or why it is none."""
    try:
        return decode_event(text)
    except Refusal as reason:
        return Refused(reason.code, reason.message.replace("The body", "The element"))


def needs_walk(text: bytes, limits: Limits) -> bool:
    """Whether the bytes alone cannot rule out a NUL character or deep nesting."""
    return text.count(b"{") + text.count(b"[") > limits.nesting or NUL_ESCAPE in text


def _decode(decoder: msgspec.json.Decoder[T], text: bytes) -> T:
    try:
        return decoder.decode(text)
    except RecursionError:
        raise TooDeep from None
    except msgspec.ValidationError as reason:
        if CUT in text:
            raise TooDeep from None
        message = f"The body is JSON with a value that cannot be taken: {reason}. Correct that value."
        raise Refusal(400, "bad_value", message) from None
    except ValueError as reason:
        mended = without_lone_surrogates(text)
        if mended != text:
            return _decode(decoder, mended)
        raise Refusal(400, "not_json", f"The body is not JSON: {reason}. Send UTF-8 JSON.") from None
