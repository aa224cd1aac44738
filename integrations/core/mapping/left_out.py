"""Optional fields that are not sent for an event, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from integrations.core.mapping.listening import Frame
from integrations.core.mapping.scope import is_empty

MOST_PLACES = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftOut:
    """A field of the vendor that the event gives nothing for. `reason` is a sentence; `is_changed` where the
    destination has it otherwise than the vendor's file.
    """

    field: str
    reason: str
    is_changed: bool = False


def left_out(frame: Frame) -> tuple[LeftOut, ...]:
    """The fields below a frame that stayed empty, each once."""
    return tuple(dict.fromkeys(_empty(frame, "")))


def _empty(frame: Frame, above: str) -> Iterator[LeftOut]:
    for part, is_item in _fields(frame):
        name = f"{above}{'[]' if is_item else ''}{'.' if above else ''}{part.name}"
        inner = part.parts[0] if part.parts else part
        if any(True for _ in _fields(part)):
            yield from _empty(part, name)
        elif (
            is_empty(part.value)
            and not part.is_missing
            and not part.keeps_empty
            and inner.document is not None
        ):
            yield LeftOut(field=name, reason=_reason(part, inner))


def _fields(frame: Frame, is_item: bool = False) -> Iterator[tuple[Frame, bool]]:
    """The nearest fields inside, and whether they are those of an item."""
    for part in frame.parts:
        if part.name is not None:
            yield part, is_item
        else:
            has_items = isinstance(part.document, Mapping) and "each" in part.document
            yield from _fields(part, is_item or has_items)


def _reason(field: Frame, inner: Frame) -> str:
    if field.told:
        return field.told[-1]
    document = inner.document
    was_asked = any(part.path[-1:] == ("else",) for part in inner.parts)
    if isinstance(document, Mapping) and "when" in document and was_asked:
        return f"It is sent only when {spelled_condition(document['when'])}."
    if not field.looks_in:
        return "It has no value for this event."
    return f"Nothing was found in {_listed(field.looks_in)}."


def _listed(places: Sequence[str]) -> str:
    told = list(places[:MOST_PLACES])
    if len(places) > MOST_PLACES:
        more = len(places) - MOST_PLACES
        told.append(f"{more} more place{'s' if more > 1 else ''}")
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"


def spelled_condition(document: object) -> str:
    """A condition as its file writes it: `mode: test`, `not (set: email)`."""
    if not isinstance(document, Mapping):
        return _value(document)
    return " and ".join(_one(str(key), value) for key, value in document.items())


def _one(key: str, value: object) -> str:
    if key == "not" and isinstance(value, Mapping) and value.keys() == {"set"}:
        return f"{_value(value['set'])} is empty"
    if key == "not":
        return f"not ({spelled_condition(value)})"
    if key in ("any", "all") and isinstance(value, list):
        word = " or " if key == "any" else " and "
        return "(" + word.join(spelled_condition(one) for one in value) + ")"
    if key in ("equals", "in") and isinstance(value, list) and len(value) == 2:
        return f"{_value(value[0])} {'is' if key == 'equals' else 'is one of'} {_value(value[1])}"
    return f"{_value(value)} is set" if key == "set" else f"{key}: {_value(value)}"


def _value(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(_value(one) for one in value)
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_value(one)}" for key, one in value.items())
    if value is None:
        return "nothing"
    return str(value).lower() if isinstance(value, bool) else str(value)
