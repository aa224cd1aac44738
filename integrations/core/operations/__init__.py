"""The named operations of `as:`: pure functions of a value, each declared once with its argument."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from integrations.core.operations import identity, numbers, objects, text, times
from integrations.core.operations.values import BadValue

__all__ = ["OPERATIONS", "Argument", "BadValue", "NamedOperation"]

Apply = Callable[[object, object], object]


class Argument(StrEnum):
    """What may stand after the colon, as in `truncate:40`."""

    NONE = "none"
    TEXT = "text"
    NUMBER = "number"
    OPTIONAL_NUMBER = "optional number"
    DIGEST = "digest"
    NUMBERS = "numbers"  # as many as NUMBERS_NEEDED says, separated by commas
    VALUE = "value"  # text after the colon, or an expression: {minor_units: {from: currency}}
    OPTIONAL_VALUE = "optional value"


@dataclass(frozen=True, kw_only=True, slots=True)
class NamedOperation:
    """One operation. `whole` ones take a list as it is; the others are applied to each of its items."""

    name: str
    apply: Apply
    argument: Argument
    whole: bool
    about: str


def _named(
    name: str, apply: Apply, about: str, argument: Argument = Argument.NONE, whole: bool = False
) -> NamedOperation:
    return NamedOperation(name=name, apply=apply, argument=argument, whole=whole, about=about)


_DECLARED = (
    _named("string", text.string, "text of a scalar; booleans as true and false"),
    _named("trim", text.trim, "without white space at both ends"),
    _named("lower", text.lower, "in lower case"),
    _named("upper", text.upper, "in upper case"),
    _named("digits", text.digits, "only the digits 0 to 9"),
    _named("snake_case", text.snake_case, "words joined by underscores, in lower case"),
    _named("truncate", text.truncate, "the first n characters", Argument.NUMBER),
    _named(
        "length", text.length, "the text if it has n to m characters, as in length:4,255", Argument.NUMBERS
    ),
    _named("prefix", text.prefix, "the argument, then the text", Argument.TEXT),
    _named("urlencode", text.urlencode, "percent-encoded, nothing left literal but unreserved characters"),
    _named("host", text.host, "the host name of a URL"),
    _named("join", text.join, "a list's items as one text", Argument.TEXT, whole=True),
    _named("json", text.json, "compact JSON text of anything", whole=True),
    _named("number", numbers.number, "a JSON number, an integer when whole"),
    _named("integer", numbers.integer, "a whole number; fractions are refused"),
    _named(
        "decimal_string",
        numbers.decimal_string,
        "decimal text, rounded half up to n places when given",
        Argument.OPTIONAL_NUMBER,
    ),
    _named(
        "minor_units",
        numbers.minor_units,
        "integer in the currency's minor unit (USD 2, JPY 0, KWD 3)",
        Argument.VALUE,
    ),
    _named("negate", numbers.negate, "the number with the other sign"),
    _named("absolute", numbers.absolute, "the number without its sign"),
    _named("currency", numbers.currency, "a three-letter currency code in upper case"),
    _named("bool", numbers.boolean, "true or false from booleans, 1, 0, yes, no and their texts"),
    _named("bool_string", numbers.bool_string, 'the text "true" or "false"'),
    _named("count", numbers.count, "how many items a list has", whole=True),
    _named("sum", numbers.total, "the sum of a list of numbers", whole=True),
    _named("unix_s", times.unix_s, "epoch seconds, integer"),
    _named("unix_ms", times.unix_ms, "epoch milliseconds, integer"),
    _named("unix_us", times.unix_us, "epoch microseconds, integer"),
    _named("decimal_seconds", times.decimal_seconds, "epoch seconds with milliseconds as the fraction"),
    _named("iso8601", times.iso8601, "2024-01-15T10:30:00Z"),
    _named("iso8601_ms", times.iso8601_ms, "2024-01-15T10:30:00.000Z"),
    _named("sha256", identity.hasher("sha256"), "hexadecimal SHA-256; such a digest passes through"),
    _named("sha1", identity.hasher("sha1"), "hexadecimal SHA-1; such a digest passes through"),
    _named("md5", identity.hasher("md5"), "hexadecimal MD5; such a digest passes through"),
    _named(
        "digest", identity.digest, "the value if it is such a digest already, else nothing", Argument.DIGEST
    ),
    _named("email", identity.email, "trimmed, lower case; digests only into the same hash"),
    _named(
        "phone_e164",
        identity.phone_e164,
        "+ and digits; the argument is the region of national numbers",
        Argument.OPTIONAL_VALUE,
    ),
    _named("country", identity.country, "a two-letter country code in upper case"),
    _named("ipv4", identity.ipv4, "an IPv4 address; anything else is refused"),
    _named("advertising_id", identity.advertising_id, "a mobile advertising id; nothing when all zeros"),
    _named(
        "without", objects.without, "an object without these fields, at any depth", Argument.TEXT, whole=True
    ),
    _named(
        "attributes",
        objects.attributes,
        "strings, with a most count, name length and value length: 25,30,100",
        Argument.NUMBERS,
        whole=True,
    ),
    _named("list", objects.as_list, "a list; text is split at the argument", Argument.TEXT, whole=True),
    _named("strings", objects.strings, "an object's scalars as texts, the rest left out", whole=True),
)
OPERATIONS: Mapping[str, NamedOperation] = {operation.name: operation for operation in _DECLARED}

# After one of these, a digest passes when the next operation would make that very digest.
NORMALISERS = frozenset({"email", "phone_e164"})
NUMBERS_NEEDED = {"length": 2, "attributes": 3}
HASHES = frozenset({"md5", "sha1", "sha256"})
