"""Named operations: exact values, typed refusals, and no other exception whatever comes in."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.operations import NUMBERS_NEEDED, OPERATIONS, Argument, BadValue

ARGUMENTS: dict[Argument, Any] = {
    Argument.NONE: None,
    Argument.TEXT: ",",
    Argument.NUMBER: "3",
    Argument.OPTIONAL_NUMBER: "2",
    Argument.DIGEST: "sha256",
    Argument.VALUE: "USD",
    Argument.OPTIONAL_VALUE: "US",
}
IDEMPOTENT = [
    "string",
    "trim",
    "lower",
    "upper",
    "digits",
    "snake_case",
    "truncate",
    "number",
    "integer",
    "decimal_string",
    "absolute",
    "currency",
    "bool",
    "bool_string",
    "sha256",
    "sha1",
    "md5",
    "digest",
    "email",
    "phone_e164",
    "country",
    "ipv4",
    "iso8601",
    "iso8601_ms",
    "without",
    "strings",
    "list",
]
anything = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.datetimes(timezones=st.just(UTC)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
likely = st.sampled_from(
    [
        "1e9999999",
        "-0",
        "NaN",
        "Infinity",
        "1_0",
        "٣",
        " 12.50 ",
        "+14155552671",
        "a@b.co",
        "�",
        "9" * 5000,
        10**400,
        -(10**20),
        1e308,
        5e-324,
        "0E+100",
        "2024-01-15T10:30:00Z",
        "9999-12-31T23:59:59-12:00",
        "US",
    ]
)


def apply(name: str, value: object, argument: object = None) -> object:
    return OPERATIONS[name].apply(value, argument)


def argument_of(name: str) -> object:
    if name in NUMBERS_NEEDED:
        return ",".join(["0", "255", "255"][: NUMBERS_NEEDED[name]])
    return ARGUMENTS[OPERATIONS[name].argument]


@pytest.mark.parametrize("name", OPERATIONS)
@given(value=anything | likely)
def test_a_bad_value_is_refused_and_nothing_else_happens(name: str, value: object) -> None:
    try:
        apply(name, value, argument_of(name))
    except BadValue as bad:
        assert str(bad)


@pytest.mark.parametrize("name", IDEMPOTENT)
@given(value=anything | likely)
def test_applying_it_again_changes_nothing(name: str, value: object) -> None:
    argument = "sha256" if name == "email" else argument_of(name)
    try:
        once = apply(name, value, argument)
    except BadValue:
        return
    if once is not None:
        assert apply(name, once, argument) == once


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        (19.99, "USD", 1999),
        ("19.99", "usd", 1999),
        (1.1, "EUR", 110),
        (4.35, "USD", 435),  # 434.99999999999994 in binary
        (1.005, "USD", 101),
        (1500, "JPY", 1500),
        ("1500.5", "JPY", 1501),
        (1.005, "KWD", 1005),
        ("-3.50", "USD", -350),
        (0, "USD", 0),
    ],
)
def test_minor_units_follow_the_currency(amount: object, currency: str, minor: int) -> None:
    assert apply("minor_units", amount, currency) == minor


@given(cents=st.integers(min_value=-(10**12), max_value=10**12))
def test_money_survives_as_float_and_text(cents: int) -> None:
    text = f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"

    assert apply("minor_units", text, "USD") == cents
    assert apply("minor_units", float(text), "USD") == cents


@pytest.mark.parametrize(
    ("name", "value", "argument", "result"),
    [
        ("email", " Jane.Doe@Example.com ", None, "jane.doe@example.com"),
        ("email", "a" * 32, "md5", "a" * 32),
        ("email", "a" * 32, "sha256", None),
        (
            "sha256",
            "jane.doe@example.com",
            None,
            "86e0b9e56c17cc4d12387e1949b85053fbe73bc3ce5a1188713a9d300cc6133d",
        ),
        ("sha256", "ABCDEF" * 10 + "0123", None, "abcdef" * 10 + "0123"),
        ("md5", "jane.doe@example.com", None, "0cba00ca3da1b283a57287bcceb17e35"),
        ("digest", "a" * 64, "sha256", "a" * 64),
        ("digest", "a" * 64, "md5", None),
        ("phone_e164", "(415) 555-2671", "US", "+14155552671"),
        ("phone_e164", "+44 20 7946 0958", None, "+442079460958"),
        ("decimal_string", 56.78, None, "56.78"),
        ("decimal_string", 1e15, None, "1000000000000000"),
        ("decimal_string", "2.345", "2", "2.35"),
        ("number", "12.50", None, 12.5),
        ("number", "80.00", None, 80),
        ("integer", "3", None, 3),
        ("unix_s", "2024-01-15T10:30:00.999Z", None, 1705314600),
        ("unix_ms", datetime(2024, 1, 15, 10, 30, tzinfo=UTC), None, 1705314600000),
        ("unix_ms", 1705314600, None, 1705314600000),
        ("unix_us", 1705314600123, None, 1705314600123000),
        ("decimal_seconds", "2024-01-15T10:30:00.250Z", None, 1705314600.25),
        ("decimal_seconds", "2024-01-15T10:30:00Z", None, 1705314600),
        ("iso8601_ms", "2024-01-15T11:30:00+01:00", None, "2024-01-15T10:30:00.000Z"),
        ("bool", "Yes", None, True),
        ("bool_string", 0, None, "false"),
        ("json", {"a": [1, "é"]}, None, '{"a":[1,"é"]}'),
        ("join", ["a", 1, None], "|", "a|1"),
        ("snake_case", "Order Completed", None, "order_completed"),
        ("urlencode", "a b/c", None, "a%20b%2Fc"),
        ("truncate", "abcdef", "3", "abc"),
        ("negate", 12.5, None, -12.5),
        ("country", "us", None, "US"),
        ("ipv4", " 203.0.113.7 ", None, "203.0.113.7"),
        ("advertising_id", "00000000-0000-0000-0000-000000000000", None, None),
        ("host", "https://acme.com:8443/x", None, "acme.com"),
        ("without", {"Email": 1, "a": {"phone": 2, "b": 3}}, "email,phone", {"a": {"b": 3}}),
        ("sum", ["1.1", 2.2], None, 3.3),
        ("count", [1, 2], None, 2),
        ("string", 10**20, None, "100000000000000000000"),
    ],
)
def test_exact_values(name: str, value: object, argument: object, result: object) -> None:
    assert apply(name, value, argument) == result


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("email", "jane", "no e-mail address"),
        ("number", "free", '"free" is not a number'),
        ("number", True, "true is not a number"),
        ("integer", 1.5, "not a whole number"),
        ("minor_units", 5, "the currency is missing"),
        ("unix_s", "yesterday", "is not a time"),
        ("lower", {"a": 1}, "an object was found where text is needed"),
        ("phone_e164", "555", "no phone number"),
        ("ipv4", "2001:db8::1", "no IPv4 address"),
    ],
)
def test_refusals_say_what_would_be_right(name: str, value: object, words: str) -> None:
    with pytest.raises(BadValue, match=words):
        apply(name, value)


def test_a_refused_address_is_not_repeated() -> None:
    with pytest.raises(BadValue) as caught:
        apply("email", "jane.doe at example.com")

    assert "jane" not in str(caught.value)
