"""Turns what an SDK sent into an event, or says in a sentence why it is none."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256

from integrations.core.event import TYPES, Event
from integrations.core.moments import read_moment, write_moment

TYPE_OF = {name: name for name in TYPES} | {name[0]: name for name in TYPES if name != "custom"}
SENDABLE_TYPES = tuple(name for name in TYPES if name != "custom")
IDENTIFIERS = ("userId", "anonymousId", "groupId", "previousId", "messageId")
OBJECTS = ("context", "properties", "traits", "integrations")
MESSAGE_ID_LIMIT = 200
NESTING_LIMIT = 32


class BadEvent(Exception):
    """The event cannot be taken as it is; `message` tells the sender what to change."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def normalise(
    raw: dict[str, object],
    *,
    received_at: datetime,
    type_hint: str = "",
    ip: str = "",
    user_agent: str = "",
    gpc: bool = False,
    new_message_id: str = "",
    needs_walk: bool = True,
    nesting_limit: int = NESTING_LIMIT,
) -> Event:
    """The event in `raw`, which is left as it is. Raises BadEvent.

    `type_hint` is the type that the path names, long or as one letter. `ip` and `user_agent` fill the
    context where it has none. `needs_walk=False` promises that `raw` has no NUL character and is not nested
    deeper than `nesting_limit`.
    """
    if needs_walk:
        _refuse_what_cannot_be_stored(raw, nesting_limit)
    payload = dict(raw)
    payload.pop("writeKey", None)  # a credential, never stored
    event_type = _event_type(payload, type_hint)
    _check_objects(payload)
    _tidy_identifiers(payload)
    _fill_from_elsewhere(event_type, payload)
    _require_who(event_type, payload)
    name = _name(event_type, payload)
    _tidy_ip(payload)
    _fill_context(payload, ip, user_agent, gpc)
    received_at = received_at.astimezone(UTC)
    message_id = _message_id(payload, new_message_id)
    timestamp = _corrected_timestamp(payload, received_at)
    payload["type"] = event_type
    payload["messageId"] = message_id
    payload["timestamp"] = write_moment(timestamp)
    payload["receivedAt"] = write_moment(received_at)
    return Event(
        type=event_type,
        name=name,
        message_id=message_id,
        timestamp=timestamp,
        received_at=received_at,
        payload=payload,
    )


def _event_type(payload: dict[str, object], hint: str) -> str:
    sent = payload.get("type")
    if sent is None or sent == "":
        sent = hint
    known = TYPE_OF.get(sent) if isinstance(sent, str) else None
    if known is None or (known == "custom" and hint != "custom"):
        found = "is missing" if sent == "" else f"is {_shown(sent)}"
        raise BadEvent(
            "unknown_type", f"type {found}; it must be one of {', '.join(SENDABLE_TYPES)}. Send one of these."
        )
    return known


def _check_objects(payload: dict[str, object]) -> None:
    """Null stands for absent, as SDKs mean it."""
    for field in OBJECTS:
        if field in payload and not isinstance(payload[field], dict):
            if payload[field] is not None:
                raise _wrong_type(field, payload[field], "an object")
            del payload[field]


def _tidy_identifiers(payload: dict[str, object]) -> None:
    """Numbers become strings; null and the empty string are absent (RudderStack sends `userId: ""`)."""
    for field in IDENTIFIERS:
        if field not in payload:
            continue
        value = payload[field]
        if value is None or value == "":
            del payload[field]
        elif not isinstance(value, str):
            payload[field] = _number_as_text(field, value)


def _fill_from_elsewhere(event_type: str, payload: dict[str, object]) -> None:
    """RudderStack keeps an identify's traits in the context alone, and a mobile screen's name in `event`."""
    if event_type == "identify" and not payload.get("traits"):
        context = payload.get("context")
        traits = context.get("traits") if isinstance(context, dict) else None
        if traits and isinstance(traits, dict):
            payload["traits"] = {name: traits[name] for name in traits if name not in IDENTIFIERS}
    if event_type in ("page", "screen") and payload.get("name") in (None, ""):
        properties = payload.get("properties")
        named = properties.get("name") if isinstance(properties, dict) else None
        name = next((text for text in (payload.get("event"), named) if text and isinstance(text, str)), None)
        if name:
            payload["name"] = name


def _number_as_text(field: str, value: object) -> str:
    match value:
        case bool():
            pass
        case int():
            return str(value)
        case float():
            return str(int(value)) if value.is_integer() else str(value)
    raise _wrong_type(field, value, "a string or a number")


def _require_who(event_type: str, payload: dict[str, object]) -> None:
    match event_type:
        case "group":
            _require("groupId", event_type, payload)
        case "alias":
            _require("previousId", event_type, payload)
            _require("userId", event_type, payload)
        case "custom":
            pass
        case _ if "userId" not in payload and "anonymousId" not in payload:
            message = f"The {event_type} event has neither userId nor anonymousId; it must say who did it."
            raise BadEvent("missing_id", f"{message} Send at least one of them.")


def _require(field: str, event_type: str, payload: dict[str, object]) -> None:
    if field not in payload:
        message = f"{field} is missing; every {event_type} event must have it. Send it as a non-empty string."
        raise BadEvent("missing_id", message)


def _name(event_type: str, payload: dict[str, object]) -> str:
    """The event of a track (required), the name of a page or screen (optional)."""
    name = _text_or_empty(payload, "event")
    if event_type == "track" and not name.strip():
        raise BadEvent(
            "missing_event",
            "event is missing or empty; a track event must name what happened. Send its name.",
        )
    if event_type in ("page", "screen"):
        return _text_or_empty(payload, "name")
    return name if event_type in ("track", "custom") else ""


def _text_or_empty(payload: dict[str, object], field: str) -> str:
    value = payload.get(field)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _wrong_type(field, value, "a string")
    return value


def _message_id(payload: dict[str, object], new_message_id: str) -> str:
    """The sender's id. One that is too long becomes its hash, so that a repetition is still recognised."""
    sent = payload.get("messageId")
    if not isinstance(sent, str):
        return new_message_id
    return sent if len(sent) <= MESSAGE_ID_LIMIT else sha256(sent.encode()).hexdigest()


def _tidy_ip(payload: dict[str, object]) -> None:
    """Back ends pass what their proxies wrote: the visitor's address comes first, others and blanks go."""
    context = payload.get("context")
    sent = context.get("ip") if isinstance(context, dict) else None
    if isinstance(context, dict) and isinstance(sent, str) and (ip := sent.partition(",")[0].strip()) != sent:
        payload["context"] = {**context, "ip": ip}


def _fill_context(payload: dict[str, object], ip: str, user_agent: str, gpc: bool) -> None:
    if not (ip or user_agent or gpc):
        return
    sent = payload.get("context")
    context = dict(sent) if isinstance(sent, dict) else {}
    if ip and not context.get("ip"):
        context["ip"] = ip
    if user_agent and not context.get("userAgent"):
        context["userAgent"] = user_agent
    consent = context.get("consent")
    if gpc and (not consent or isinstance(consent, dict)):  # the header counts at delivery too
        context["consent"] = {**(consent or {}), "gpc": True}
    payload["context"] = context


def _corrected_timestamp(payload: dict[str, object], received_at: datetime) -> datetime:
    """When it happened by our clock: `receivedAt - (sentAt - timestamp)`, never later than receivedAt.

    https://segment.com/docs/connections/spec/common/#timestamps. What the sender wrote stays in
    `originalTimestamp`, also when it is no time.
    """
    sent = payload.get("timestamp") or payload.get("originalTimestamp")
    if sent is None:
        return received_at
    payload.setdefault("originalTimestamp", sent)
    happened_at, sent_at = read_moment(sent), read_moment(payload.get("sentAt"))
    if happened_at is None:
        return received_at
    if sent_at is None:
        return min(happened_at, received_at)
    try:
        return min(received_at - (sent_at - happened_at), received_at)
    except OverflowError:
        return received_at


def _refuse_what_cannot_be_stored(raw: dict[str, object], nesting_limit: int) -> None:
    """Level by level, so that depth costs no stack."""
    level: list[object] = [raw]
    for _ in range(nesting_limit):
        level = [child for container in level for child in _checked_children(container)]
        if not level:
            return
    message = (
        f"The event is nested deeper than {nesting_limit} levels, which is the most. Send a flatter object."
    )
    raise BadEvent("too_deep", message)


def _checked_children(container: object) -> Iterator[object]:
    """The objects and arrays in it; a NUL in a key or in a string is refused."""
    entries = container.items() if isinstance(container, dict) else enumerate(container)  # type: ignore[arg-type]
    for key, value in entries:
        if isinstance(key, str) and "\0" in key:
            raise _nul_in(f"The field name {_shown(key)}")
        if isinstance(value, str):
            if "\0" in value:
                raise _nul_in(f"The value of {_shown(key)}")
        elif isinstance(value, dict | list):
            yield value


def _nul_in(where: str) -> BadEvent:
    message = f"{where} has a NUL character (\\u0000), which cannot be stored. Remove it before sending."
    return BadEvent("nul_character", message)


def _wrong_type(field: str, found: object, wanted: str) -> BadEvent:
    return BadEvent(
        "wrong_type", f"{field} is {_shown(found)}; it must be {wanted}. Send {wanted} or leave it out."
    )


def _shown(value: object) -> str:
    """What was found, short and without the NULs; a container only by its kind."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case dict():
            return "an object"
        case list():
            return "an array"
        case str():
            return f'"{value[:40]}"'.replace("\0", "\\u0000")
        case _:
            return f"the number {value!s:.40}"
