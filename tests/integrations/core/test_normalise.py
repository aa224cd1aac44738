"""What becomes of an SDK's event, and why some become none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from integrations.core.event import Event
from integrations.core.normalise import BadEvent, normalise

NOW = datetime(2026, 11, 21, 5, 42, 10, 500_000, tzinfo=UTC)
TRACK: dict[str, object] = {"type": "track", "event": "E", "userId": "u"}


def event(fields: dict[str, object] | None = None, **options: str) -> Event:
    return normalise(TRACK | (fields or {}), received_at=NOW, new_message_id="new", **options)  # type: ignore[arg-type]


def refusal(raw: dict[str, object], **options: object) -> tuple[str, str]:
    with pytest.raises(BadEvent) as caught:
        normalise(raw, received_at=NOW, new_message_id="new", **options)  # type: ignore[arg-type]
    assert str(caught.value) == caught.value.message
    return caught.value.code, caught.value.message


def test_the_whole_event() -> None:
    raw = {
        "type": "track",
        "event": "Order Completed",
        "userId": 5,
        "anonymousId": None,
        "messageId": "m1",
        "timestamp": "2026-11-21T05:42:00.043+00:00",
        "sentAt": "2026-11-21T05:42:09.500Z",
        "writeKey": "secret",
        "properties": {"total": 9.5},
        "odd": [1],
    }
    before = dict(raw)

    result = normalise(raw, received_at=NOW, ip="203.0.113.9", user_agent="Mozilla")

    assert raw == before
    assert result == Event(
        type="track",
        name="Order Completed",
        message_id="m1",
        timestamp=datetime(2026, 11, 21, 5, 42, 1, 43_000, tzinfo=UTC),
        received_at=NOW,
        payload={
            "type": "track",
            "event": "Order Completed",
            "userId": "5",
            "messageId": "m1",
            "timestamp": "2026-11-21T05:42:01.043Z",
            "originalTimestamp": "2026-11-21T05:42:00.043+00:00",
            "sentAt": "2026-11-21T05:42:09.500Z",
            "receivedAt": "2026-11-21T05:42:10.500Z",
            "properties": {"total": 9.5},
            "odd": [1],
            "context": {"ip": "203.0.113.9", "userAgent": "Mozilla"},
        },
    )


@pytest.mark.parametrize(
    ("sent", "hint", "kept"),
    [
        ("track", "", "track"),
        (None, "t", "track"),
        ("", "track", "track"),
        ("p", "", "page"),
        ("page", "t", "page"),
        (None, "custom", "custom"),
    ],
)
def test_the_type_is_the_events_or_the_paths(sent: object, hint: str, kept: str) -> None:
    assert event({"type": sent}, type_hint=hint).type == kept


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        ("pageview", 'is "pageview"'),
        ("custom", 'is "custom"'),
        (None, "is missing"),
        (0, "is the number 0"),
        ({}, "is an object"),
        ("x" * 99, f'is "{"x" * 40}"'),
    ],
)
def test_another_type_is_refused(sent: object, found: str) -> None:
    code, message = refusal(TRACK | {"type": sent})

    assert code == "unknown_type"
    assert message == (
        f"type {found}; it must be one of track, page, screen, identify, group, alias. Send one of these."
    )


@pytest.mark.parametrize("name", [None, "", "  "])
def test_a_track_must_have_a_name(name: object) -> None:
    assert refusal(TRACK | {"event": name})[0] == "missing_event"


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"type": "page", "name": "Home"}, "Home"),
        ({"type": "screen", "event": None, "name": None}, ""),
        ({"type": "identify", "name": "Home"}, ""),
    ],
)
def test_pages_and_screens_may_have_one(fields: dict[str, object], name: str) -> None:
    assert event(fields).name == name


@pytest.mark.parametrize(
    ("sent", "kept"), [("u", "u"), (5, "5"), (5.0, "5"), (1.5, "1.5"), (2**70, str(2**70)), (0, "0")]
)
@pytest.mark.parametrize("field", ["userId", "anonymousId", "groupId", "previousId", "messageId"])
def test_identifiers_become_strings(field: str, sent: object, kept: str) -> None:
    assert event({field: sent}).payload[field] == kept


@pytest.mark.parametrize("empty", [None, ""])
def test_an_empty_identifier_is_none(empty: object) -> None:
    assert "anonymousId" not in event({"anonymousId": empty}).payload


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        ({"type": "track", "event": "E"}, "userId nor anonymousId"),
        ({"type": "page", "userId": "", "anonymousId": None}, "userId nor anonymousId"),
        ({"type": "identify"}, "userId nor anonymousId"),
        ({"type": "screen"}, "userId nor anonymousId"),
        ({"type": "group", "userId": "u"}, "groupId"),
        ({"type": "alias", "userId": "u"}, "previousId"),
        ({"type": "alias", "previousId": "p"}, "userId"),
    ],
)
def test_every_type_must_say_who(raw: dict[str, object], field: str) -> None:
    code, message = refusal(raw)

    assert code == "missing_id"
    assert field in message


@pytest.mark.parametrize(
    ("field", "value", "found"),
    [
        ("event", 5, "event is the number 5"),
        ("userId", True, "userId is true"),
        ("userId", {}, "userId is an object"),
        ("messageId", ["m"], "messageId is an array"),
        ("context", "text", 'context is "text"'),
        ("properties", [], "properties is an array"),
        ("traits", 1, "traits is the number 1"),
        ("integrations", False, "integrations is false"),
    ],
)
def test_a_wrong_type_is_named(field: str, value: object, found: str) -> None:
    code, message = refusal(TRACK | {field: value})

    assert code == "wrong_type"
    assert message.startswith(f"{found}; it must be ")


def test_a_null_object_is_absent() -> None:
    assert "properties" not in event({"properties": None}).payload


@pytest.mark.parametrize("sent", [None, "", "m" * 200])
def test_the_message_id_is_kept_or_new(sent: str | None) -> None:
    assert event({"messageId": sent}).message_id == (sent or "new")


def test_one_that_is_too_long_is_still_the_same_again() -> None:
    first, again = event({"messageId": "m" * 201}), event({"messageId": "m" * 201})

    assert len(first.message_id) == 64
    assert first.message_id == again.message_id == first.payload["messageId"]


@pytest.mark.parametrize(
    "spelled",
    [
        "2026-11-21T05:42:00.043Z",
        "2026-11-21T05:42:00.043000+00:00",
        "2026-11-21T05:42:00.043000",
        "2026-11-21T06:42:00.043+01:00",
        "2026-11-21T06:42:00.043+0100",
        "2026-11-21 05:42:00.043000Z",
        "2026-11-21T05:42:00.0430001Z",
        1795239720043,
        "1795239720043",
        1795239720.043,
    ],
)
def test_a_time_in_every_spelling(spelled: object) -> None:
    result = event({"timestamp": spelled})

    assert result.payload["timestamp"] == "2026-11-21T05:42:00.043Z"
    assert result.payload["originalTimestamp"] == spelled
    assert result.timestamp.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "bad",
    ["yesterday", "", True, {}, "0001-01-01T00:00:00+14:00", 10**30, -1e308, "²²²²²²²²²²", "9" * 5000],
)
def test_what_is_no_time_gives_the_time_of_receipt(bad: object) -> None:
    result = event({"timestamp": bad})

    assert result.timestamp == NOW
    assert result.payload.get("originalTimestamp", bad) == bad


@pytest.mark.parametrize(
    ("timestamp", "sent_at", "corrected"),
    [
        ("2026-11-21T05:00:00Z", "2026-11-21T05:00:10Z", "2026-11-21T05:42:00.500Z"),
        ("1999-01-01T00:00:00Z", "1999-01-01T00:00:10Z", "2026-11-21T05:42:00.500Z"),
        ("2026-11-21T05:42:00Z", None, "2026-11-21T05:42:00.000Z"),
        ("2026-11-21T05:42:00Z", "soon", "2026-11-21T05:42:00.000Z"),
        ("2026-11-21T05:42:20Z", None, "2026-11-21T05:42:10.500Z"),
        ("2026-11-21T05:42:20Z", "2026-11-21T05:42:10Z", "2026-11-21T05:42:10.500Z"),
        ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-11-21T05:42:10.500Z"),
    ],
)
def test_the_senders_clock_is_corrected(timestamp: str, sent_at: object, corrected: str) -> None:
    result = event({"timestamp": timestamp, "sentAt": sent_at})

    assert result.payload["timestamp"] == corrected


def test_rudderstack_sends_the_original_timestamp_only() -> None:
    result = event({"originalTimestamp": "2026-11-21T05:42:00Z", "sentAt": "2026-11-21T05:42:10Z"})

    assert result.payload["timestamp"] == "2026-11-21T05:42:00.500Z"
    assert result.payload["originalTimestamp"] == "2026-11-21T05:42:00Z"


def test_an_original_timestamp_of_the_sender_stays() -> None:
    result = event({"timestamp": "2026-11-21T05:42:00Z", "originalTimestamp": "2026-11-21T05:41:00Z"})

    assert result.payload["timestamp"] == "2026-11-21T05:42:00.000Z"
    assert result.payload["originalTimestamp"] == "2026-11-21T05:41:00Z"


def test_times_are_utc_whatever_the_database_says() -> None:
    received_at = NOW.astimezone(timezone(timedelta(hours=2)))

    assert normalise(TRACK, received_at=received_at).payload["receivedAt"] == "2026-11-21T05:42:10.500Z"


@pytest.mark.parametrize(
    ("context", "ip"),
    [
        (None, "203.0.113.9"),
        ({"ip": ""}, "203.0.113.9"),
        ({"ip": " "}, "203.0.113.9"),
        ({"ip": ", 10.0.0.1"}, "203.0.113.9"),
        ({"ip": "0.0.0.0"}, "0.0.0.0"),
    ],
)
def test_the_context_is_filled_where_it_is_empty(context: object, ip: str) -> None:
    result = event({"context": context}, ip="203.0.113.9").payload["context"]

    assert result == {"ip": ip}


@pytest.mark.parametrize("sent", [" 203.0.113.7", "203.0.113.7, 10.0.0.1", "203.0.113.7"])
def test_the_visitors_address_is_the_first_that_a_proxy_wrote(sent: str) -> None:
    raw = {"context": {"ip": sent, "locale": "de"}}

    assert event(raw).payload["context"] == {"ip": "203.0.113.7", "locale": "de"}
    assert raw["context"]["ip"] == sent


def test_nothing_is_filled_without_facts() -> None:
    assert "context" not in event().payload


def nested(levels: int) -> dict[str, object]:
    inner: object = 1
    for number in range(levels - 1):
        inner = {"a": inner} if number % 2 else [inner]
    return TRACK | {"odd": inner}


def test_the_deepest_that_is_taken_and_one_more() -> None:
    assert normalise(nested(32), received_at=NOW)
    assert refusal(nested(33))[0] == "too_deep"
    assert refusal(nested(6), nesting_limit=5)[0] == "too_deep"
    assert refusal(nested(100_000))[0] == "too_deep"


@pytest.mark.parametrize(
    ("fields", "where"),
    [
        ({"event": "E\0"}, 'The value of "event"'),
        ({"odd\0": 1}, 'The field name "odd\\u0000"'),
        ({"properties": {"list": ["a", {"b": "\0"}]}}, 'The value of "b"'),
        ({"properties": {"list": ["a\0"]}}, "The value of the number 0"),
    ],
)
def test_a_nul_character_is_found_anywhere(fields: dict[str, object], where: str) -> None:
    code, message = refusal(TRACK | fields)

    assert code == "nul_character"
    assert message.startswith(where)


def test_the_walk_is_left_out_when_it_is_not_needed() -> None:
    assert normalise(nested(33), received_at=NOW, needs_walk=False)


@pytest.mark.parametrize("traits", [{}, {"traits": None}, {"traits": {}}])
def test_an_identify_has_the_traits_that_stand_in_its_context_alone(traits: dict[str, object]) -> None:
    in_context = {"anonymousId": "a", "userId": "u", "plan": "gold"}
    sent = {"type": "identify", "context": {"traits": in_context}, **traits}

    assert event(sent).payload["traits"] == {"plan": "gold"}


@pytest.mark.parametrize(
    ("sent", "traits"),
    [
        ({"type": "identify", "traits": {"plan": "free"}}, {"plan": "free"}),
        ({"type": "track"}, None),
        ({"type": "group", "groupId": "g-1"}, None),
    ],
)
def test_other_traits_stay_as_they_were_sent(sent: dict[str, object], traits: object) -> None:
    assert event({**sent, "context": {"traits": {"plan": "gold"}}}).payload.get("traits") == traits


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ({"event": "Cart"}, "Cart"),
        ({"event": None, "properties": {"name": "Cart"}}, "Cart"),
        ({"event": "Cart", "properties": {"name": "Basket"}}, "Cart"),
        ({"name": "Home", "event": "Cart"}, "Home"),
        ({"name": None, "event": " ", "properties": {"name": 5}}, " "),
    ],
)
def test_a_screen_is_named_by_its_event_or_property_when_it_has_no_name(
    sent: dict[str, object], name: str
) -> None:
    taken = event({"type": "screen", **sent})

    assert (taken.name, taken.payload.get("name") or "") == (name, name)
