"""Named operations: exact values, typed refusals, and no other exception whatever comes in."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrations.core.operations import OPERATIONS, Argument, BadValue
from integrations.core.operations.tables import declared_table

ARGUMENTS: dict[Argument, Any] = {
    Argument.NONE: None,
    Argument.TEXT: ",",
    Argument.NUMBER: "3",
    Argument.OPTIONAL_NUMBER: "2",
    Argument.DIGEST: "sha256",
    Argument.VALUE: "USD",
    Argument.OPTIONAL_VALUE: "US",
    Argument.OPTIONAL_TEXT: ",",
    Argument.TABLE: declared_table({"yes": "Y", "a b": 1}),
}
OWN_ARGUMENTS = {
    "replace": "a>b",
    "extract": r"([a-z]+)\d*",
    "match": r"^[^,]*$",
    "omit_matching": "^ga_",
    "time": "yyyy-MM-dd'T'HH:mm:ss.SSSxxx",
    "date": "yyyyMMdd",
    "phone_national": "US",
    "indexed": "{name}[{i}]",
    "add": "1.5",
    "subtract": "1.5",
    "multiply": "1.5",
}
IDEMPOTENT = [
    "string",
    "trim",
    "lower",
    "upper",
    "digits",
    "match",
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
    "phone_national",
    "country",
    "us_state",
    "no_spaces",
    "alphanumeric",
    "unpunctuated",
    "us_zip",
    "ipv4",
    "ipv6",
    "time",
    "date",
    "round",
    "limit",
    "only",
    "scalars",
    "distinct",
    "snake_names",
    "omit_matching",
    "short_values",
    "iso8601",
    "iso8601_ms",
    "without",
    "omit",
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
    operation = OPERATIONS[name]
    if operation.numbers:
        return ",".join(["0", "255", "255"][: operation.numbers])
    if operation.choices:
        return operation.choices[0]
    argument = OWN_ARGUMENTS.get(name, ARGUMENTS.get(operation.argument))
    return operation.prepare(argument) if operation.prepare and argument else argument


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
    argument = argument_of(name)
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
        ("email", "a" * 32, None, None),
        ("email", "Jane.Doe+x@GMAIL.com", "gmail", "janedoe@gmail.com"),
        ("email", "Jane.Doe+x@example.com", "gmail", "jane.doe+x@example.com"),
        ("email", "Jane.Doe+x@example.com", "plus", "jane.doe@example.com"),
        ("email", "Jane.Doe+x@example.com", "dots_plus", "janedoe@example.com"),
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
        ("phone_e164", "1(650)561-1622", None, "+16505611622"),
        ("phone_e164", "020 7946 0958", "United Kingdom", "+442079460958"),
        ("phone_e164", "0049 (170) 123-4567", None, "+491701234567"),
        ("phone_e164", "a" * 64, None, None),
        ("phone_digits", "+44 20 7946 0958", None, "442079460958"),
        ("phone_digits", "1(650)561-1622", None, "16505611622"),
        ("phone_digits", "16505611622", None, "16505611622"),
        ("phone_digits", "16505611622", "US", "16505611622"),
        ("phone_national", "+1 (415) 555-2671", "US", "4155552671"),
        ("phone_national", "415-555-2671", "US", "4155552671"),
        ("decimal_string", 56.78, None, "56.78"),
        ("decimal_string", 1e15, None, "1000000000000000"),
        ("decimal_string", "2.345", "2", "2.35"),
        ("number", "12.50", None, 12.5),
        ("number", "80.00", None, 80),
        ("number", "$12.50", None, 12.5),
        ("number", "$ -1,234,567.50", None, -1234567.5),
        ("decimal_string", "12.50\u00a0€", None, "12.50"),
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
        ("snake_case", "Panier Réalisé", None, "panier_realise"),
        ("urlencode", "a b/c", None, "a%20b%2Fc"),
        ("truncate", "abcdef", "3", "abc"),
        ("negate", 12.5, None, -12.5),
        ("country", "us", None, "US"),
        ("country", "USA", None, "US"),
        ("country", "United States", None, "US"),
        ("country", "united states of america", None, "US"),
        ("country", "Deutschland", None, "DE"),
        ("country", "Côte d'Ivoire", None, "CI"),
        ("country", "UK", None, "GB"),
        ("country", "Germany", "alpha3", "DEU"),
        ("us_state", "California", None, "CA"),
        ("us_state", "new-york", None, "NY"),
        ("us_state", "tx", None, "TX"),
        ("us_state", "US-OH", None, "OH"),
        ("us_state", "Washington, D.C.", None, "DC"),
        ("us_state", "Bavaria", None, "Bavaria"),
        ("us_zip", "94035-1234", None, "94035"),
        ("us_zip", "00-950", None, "00-950"),
        ("unpunctuated", " O'Brien,  Mary-Ann ", None, "OBrien MaryAnn"),
        ("no_spaces", " SW1A 1AA ", None, "SW1A1AA"),
        ("alphanumeric", "São Paulo, 1-2", None, "SãoPaulo12"),
        ("replace", "make a b", (" ", "_"), "make_a_b"),
        ("urldecode", "a%20b%2Fc+d", None, "a b/c+d"),
        ("from_json", '{"twclid": "x"}', None, {"twclid": "x"}),
        ("from_json", "{", None, None),
        ("pick", {"a": 1}, "a", 1),
        ("ipv4", " 203.0.113.7 ", None, "203.0.113.7"),
        ("ipv6", "2001:DB8:0::1", None, "2001:db8::1"),
        ("add", "1.10", 2.2, 3.3),
        ("add", 1, None, 1),
        ("subtract", 10, "0.1", 9.9),
        ("multiply", "19.99", 3, 59.97),
        ("multiply", 5, None, 5),
        ("round", 2.345, "2", 2.35),
        ("limit", [1, 2, 3], "2", [1, 2]),
        ("limit", {"a": 1, "b": 2}, "1", {"a": 1}),
        ("only", {"a": 1, "b": 2}, "b,c", {"b": 2}),
        ("scalars", {"a": 1, "b": [2], "c": "", "d": False}, None, {"a": 1, "d": False}),
        ("one", ["a@b.co", "c@d.co"], None, "a@b.co"),
        ("one", "a@b.co", None, "a@b.co"),
        ("one", [], None, None),
        ("distinct", {"Order Completed": "7", "Signed Up": "8", "page": "7"}, None, ["7", "8"]),
        ("distinct", [1, "a", 1, "a"], None, [1, "a"]),
        ("snake_names", {"Order Id": 1, "orderId": 2, "!": 3}, None, {"order_id": 1}),
        ("short_values", {"a": "abcdef", "b": 123456}, "3", {"a": "abc", "b": 123456}),
        (
            "indexed",
            [{"ITEM": "a", "QTY": 1}, {"ITEM": "b"}],
            None,
            {"ITEM1": "a", "QTY1": 1, "ITEM2": "b"},
        ),
        ("indexed", ["x", "y"], "bd[{i}]", {"bd[0]": "x", "bd[1]": "y"}),
        ("join_all", ["a", "", None, 2], "|", "a|||2"),
        ("join_all", ["", None], "|", None),
        ("list", "a@b.co", None, ["a@b.co"]),
        ("advertising_id", "00000000-0000-0000-0000-000000000000", None, None),
        ("host", "https://acme.com:8443/x", None, "acme.com"),
        ("without", {"Email": 1, "a": {"phone": 2, "b": 3}}, "email,phone", {"a": {"b": 3}}),
        (
            "without",
            {"emailAddress": 1, "a": [{"given_name": 2}], "id": 3},
            "email,first_name",
            {"a": [{}], "id": 3},
        ),
        ("omit", {"Email": 1, "a": {"phone": 2, "b": 3}}, "email,phone", {"a": {"phone": 2, "b": 3}}),
        ("sum", ["1.1", 2.2], None, 3.3),
        ("products_total", [{"price": "1.1", "quantity": 2}, {"item_price": 0.3}], None, 2.5),
        ("products_total", [{"price": 1}, {"price": "on request"}], None, None),
        ("products_total", [{"price": 1, "quantity": "two"}], None, None),
        ("products_total", [{"price": 1}, "text"], None, None),
        ("products_total", [{"price": 1e15, "quantity": 1e15}], None, None),
        ("products_total", [], None, None),
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
        ("number", "1,234", '"1,234" is not a number'),
        ("number", "12,50 €", '"12,50 €" is not a number'),
        ("number", "$", "is not a number"),
        ("integer", 1.5, "not a whole number"),
        ("minor_units", 5, "the currency is missing"),
        ("unix_s", "yesterday", "is not a time"),
        ("lower", {"a": 1}, "an object was found where text is needed"),
        ("phone_e164", "555", "no phone number"),
        ("ipv4", "2001:db8::1", "no IPv4 address"),
        ("country", "Atlantis", "no country"),
    ],
)
def test_refusals_say_what_would_be_right(name: str, value: object, words: str) -> None:
    with pytest.raises(BadValue, match=words):
        apply(name, value)


def test_match_refuses_text_of_another_form() -> None:
    prepare = OPERATIONS["match"].prepare
    assert prepare is not None

    with pytest.raises(BadValue, match=r'"Quiz, 2" has another form than \^'):
        OPERATIONS["match"].apply("Quiz, 2", prepare("^[^,]+$"))


def test_fields_are_left_out_by_a_pattern_of_their_names() -> None:
    prepare = OPERATIONS["omit_matching"].prepare
    assert prepare is not None

    fields = {"ga_id": 1, "id": 2, "2nd": {}, "nested": {"ga_id": 3}}

    assert apply("omit_matching", fields, prepare("^(?:[0-9]|ga_)")) == {"id": 2, "nested": {"ga_id": 3}}


def test_a_refused_address_is_not_repeated() -> None:
    with pytest.raises(BadValue) as caught:
        apply("email", "jane.doe at example.com")

    assert "jane" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "argument", "value", "result"),
    [
        ("time", "yyyy-MM-dd HH:mm:ss", "2024-01-15T11:30:05.678+01:00", "2024-01-15 10:30:05"),
        ("time", "yyyy-MM-dd HH:mm:ssxxx", "2024-01-15T10:30:05Z", "2024-01-15 10:30:05+00:00"),
        ("time", "yyyy-MM-dd HH:mm:ss.SSS", 1705314605678, "2024-01-15 10:30:05.678"),
        ("time", "yyyyMMdd_HHmm", "2024-01-15T10:30:05Z", "20240115_1030"),
        ("time", "dd-MMM-yyyy HH:mm:ss 'UTC'", "2024-01-15T10:30:05Z", "15-Jan-2024 10:30:05 UTC"),
        ("time", "MM/dd/yyyy", "2024-01-15T10:30:05Z", "01/15/2024"),
        ("date", "yyyyMMdd", "1990-05-17", "19900517"),
        ("date", "yyyy-MM-dd", "19900517", "1990-05-17"),
        ("date", "yyyy-MM-dd", "2/16/1997", "1997-02-16"),
        ("date", "yyyy-MM-dd", "16.02.1997", "1997-02-16"),
        ("date", "yyyyMMdd", "1990-05-17T00:00:00+02:00", "19900517"),
        ("extract", r"^(?:GA\d\.\d\.)?(\d+\.\d+)$", "GA1.1.1234.5678", "1234.5678"),
        ("extract", r"^(?:GA\d\.\d\.)?(\d+\.\d+)$", "1234.5678", "1234.5678"),
        ("extract", r"^GS\d\.\d\.s?(\d+)", "GS1.1.1705314605.3.1.1705314700.60.0.0", "1705314605"),
        ("extract", r"^GS\d\.\d\.s?(\d+)", "GS2.1.s1705314605$o3$g1$t1705314700$j60$l0$h0", "1705314605"),
        ("extract", r"^(?:GCL\.\d+\.)?([\w-]+)$", "GCL.1705314605.Cj0KCQ_a-b", "Cj0KCQ_a-b"),
        ("extract", r"^fb\.\d\.\d+\..+$", "fb.1.1554763741205.AbCdEf", "fb.1.1554763741205.AbCdEf"),
        ("extract", r"^fb\.\d\.\d+\..+$", "AbCdEf", None),
        ("match", r"^[^,]+$", "Order Shipped", "Order Shipped"),
        ("extract", r"^(?:_uet)?(.+)$", "_uet0123456789abcdef", "0123456789abcdef"),
    ],
)
def test_arguments_that_are_prepared(name: str, argument: str, value: object, result: object) -> None:
    prepare = OPERATIONS[name].prepare
    assert prepare is not None

    assert apply(name, value, prepare(argument)) == result


def test_a_table_is_compared_as_names_are() -> None:
    table = declared_table({"Order Completed": "tw-1", "granted": "G", "true": 1})

    assert apply("lookup", "order_completed", table) == "tw-1"
    assert apply("lookup", "GRANTED", table) == "G"
    assert apply("lookup", True, table) == 1
    assert apply("lookup", "other", table) is None
    assert apply("lookup", "order-completed", {"Order Completed": "tw-1"}) == "tw-1"


@pytest.mark.parametrize(
    ("name", "argument", "words"),
    [
        ("time", "yyyy-QQ", "`Q` is no part of it"),
        ("time", "", "1 to 60 characters"),
        ("date", "HH:mm", "`HH` is no part of it"),
        ("extract", "(?=a)b", "no regular expression of RE2"),
        ("extract", "(a)(b)", "at most one group"),
        ("extract", "a" * 301, "1 to 300 characters"),
        ("extract", "((((a{100}){100}){100}){100})", "no regular expression of RE2"),
        ("replace", "abc", "write what is replaced"),
        ("phone_national", "us", "two-letter region"),
        ("round", "12", "at most 9 decimals"),
    ],
)
def test_arguments_that_are_refused(name: str, argument: str, words: str) -> None:
    prepare = OPERATIONS[name].prepare
    assert prepare is not None

    with pytest.raises(ValueError, match=words):
        prepare(argument)


def test_a_pattern_that_other_engines_choke_on_is_quick() -> None:
    prepare = OPERATIONS["extract"].prepare
    assert prepare is not None

    assert apply("extract", "a" * 9_999 + "!", prepare("^(a|aa|a*)*$")) is None


def test_a_day_that_can_be_read_in_two_ways_is_refused() -> None:
    prepare = OPERATIONS["date"].prepare
    assert prepare is not None

    with pytest.raises(BadValue, match="no day"):
        apply("date", "2/3/1997", prepare("yyyyMMdd"))


def test_a_number_of_another_country_has_no_national_form() -> None:
    prepare = OPERATIONS["phone_national"].prepare
    assert prepare is not None

    with pytest.raises(BadValue, match="none of US"):
        apply("phone_national", "+44 20 7946 0958", prepare("US"))


@given(value=st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_means_the_same_as_its_text(value: float) -> None:
    def outcome(given: object) -> object:
        try:
            return apply("number", given)
        except BadValue:
            return "refused"

    assert outcome(value) == outcome(repr(value))
