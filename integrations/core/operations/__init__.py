"""The named operations of `as:`: pure functions of a value, each declared once with its argument."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.core.operations import (
    formats,
    identity,
    numbers,
    objects,
    patterns,
    places,
    products,
    tables,
    text,
    times,
)
from integrations.core.operations.declaring import Apply, Argument, NamedOperation, named
from integrations.core.operations.values import BadValue

__all__ = ["OPERATIONS", "Apply", "Argument", "BadValue", "NamedOperation"]

_DECLARED = (
    named("string", text.string, "text of a scalar; booleans as true and false"),
    named("trim", text.trim, "without white space at both ends"),
    named("lower", text.lower, "in lower case"),
    named("upper", text.upper, "in upper case"),
    named("digits", text.digits, "only the digits 0 to 9"),
    named("snake_case", text.snake_case, "words joined by underscores, in lower case"),
    named("no_spaces", text.no_spaces, "without any white space"),
    named("unpunctuated", text.unpunctuated, "letters, digits and single blanks between words"),
    named(
        "alphanumeric", text.alphanumeric, "letters and digits of any script, without blanks and punctuation"
    ),
    named(
        "replace",
        text.replace,
        "the text with one part replaced, as in replace: >_",
        Argument.TEXT,
        prepare=text.replacement,
    ),
    named(
        "extract",
        patterns.extract,
        "what a regular expression (RE2) or its group matches, else nothing",
        Argument.TEXT,
        prepare=patterns.extracting,
    ),
    named(
        "match",
        patterns.match,
        "the text if a regular expression (RE2) matches in it, else it is refused",
        Argument.TEXT,
        prepare=patterns.pattern,
    ),
    named(
        "lookup",
        tables.lookup,
        "what a table or a setting of type map has for the value, else nothing",
        Argument.TABLE,
    ),
    named("truncate", text.truncate, "the first n characters", Argument.NUMBER),
    named(
        "length",
        text.length,
        "the text if it has n to m characters, as in length:4,255",
        Argument.NUMBERS,
        numbers=2,
    ),
    named("prefix", text.prefix, "the argument, then the text", Argument.TEXT),
    named("urlencode", text.urlencode, "percent-encoded, nothing left literal but unreserved characters"),
    named("urldecode", text.urldecode, "what percent-encoded text stands for"),
    named("host", text.host, "the host name of a URL"),
    named("join", text.join, "a list's items as one text", Argument.TEXT, whole=True),
    named(
        "join_all",
        objects.join_all,
        "the same with the places of empty items kept",
        Argument.TEXT,
        whole=True,
    ),
    named("json", text.json, "compact JSON text of anything", whole=True),
    named("from_json", text.from_json, "the value that JSON text holds, else nothing"),
    named("number", numbers.number, "a JSON number, an integer when whole"),
    named("integer", numbers.integer, "a whole number; fractions are refused"),
    named(
        "decimal_string",
        numbers.decimal_string,
        "decimal text, rounded half up to n places when given",
        Argument.OPTIONAL_NUMBER,
        prepare=numbers.places,
    ),
    named(
        "minor_units",
        numbers.minor_units,
        "integer in the currency's minor unit (USD 2, JPY 0, KWD 3)",
        Argument.VALUE,
    ),
    named("negate", numbers.negate, "the number with the other sign"),
    named("absolute", numbers.absolute, "the number without its sign"),
    named("add", numbers.add, "the number plus another; an empty one changes nothing", Argument.VALUE),
    named("subtract", numbers.subtract, "the number less another", Argument.VALUE),
    named("multiply", numbers.multiply, "the number times another", Argument.VALUE),
    named(
        "round",
        numbers.rounded,
        "the number, half rounded up to n places",
        Argument.NUMBER,
        prepare=numbers.places,
    ),
    named("currency", numbers.currency, "a three-letter currency code in upper case"),
    named("bool", numbers.boolean, "true or false from booleans, 1, 0, yes, no and their texts"),
    named("bool_string", numbers.bool_string, 'the text "true" or "false"'),
    named("count", numbers.count, "how many items a list has", whole=True),
    named("sum", numbers.total, "the sum of a list of numbers", whole=True),
    named(
        "products_total",
        products.total,
        "price times quantity of a list of products; nothing when one of them has no usable price",
        whole=True,
    ),
    named("unix_s", times.unix_s, "epoch seconds, integer"),
    named("unix_ms", times.unix_ms, "epoch milliseconds, integer"),
    named("unix_us", times.unix_us, "epoch microseconds, integer"),
    named("decimal_seconds", times.decimal_seconds, "epoch seconds with milliseconds as the fraction"),
    named("iso8601", times.iso8601, "2024-01-15T10:30:00Z"),
    named("iso8601_ms", times.iso8601_ms, "2024-01-15T10:30:00.000Z"),
    named(
        "time",
        formats.time,
        "UTC in a pattern of yyyy, MM, dd, HH, mm, ss, SSS, xxx (+00:00), as in time:yyyy-MM-dd HH:mm:ss",
        Argument.TEXT,
        prepare=formats.time_pattern,
    ),
    named(
        "date",
        formats.day,
        "the day as it is written, in a pattern such as date:yyyyMMdd",
        Argument.TEXT,
        prepare=formats.date_pattern,
    ),
    named("sha256", identity.hasher("sha256"), "hexadecimal SHA-256; such a digest passes through"),
    named("sha1", identity.hasher("sha1"), "hexadecimal SHA-1; such a digest passes through"),
    named("md5", identity.hasher("md5"), "hexadecimal MD5; such a digest passes through"),
    named(
        "digest", identity.digest, "the value if it is such a digest already, else nothing", Argument.DIGEST
    ),
    named(
        "email",
        identity.email,
        "trimmed, lower case; gmail drops dots and +suffix at Gmail, plus the +suffix everywhere, "
        "dots_plus both everywhere",
        Argument.CHOICE,
        choices=("gmail", "plus", "dots_plus"),
    ),
    named(
        "phone_e164",
        identity.phone_e164,
        "+ and digits; the argument is the region of national numbers",
        Argument.OPTIONAL_VALUE,
    ),
    named("phone_digits", identity.phone_digits, "the same without the plus sign", Argument.OPTIONAL_VALUE),
    named(
        "phone_national",
        identity.phone_national,
        "the digits after the country code of one region, as in phone_national:US",
        Argument.TEXT,
        prepare=identity.region,
    ),
    named(
        "country",
        places.country,
        "a country's two-letter code (three letters with alpha3), from codes and names in any language",
        Argument.CHOICE,
        choices=("alpha3",),
    ),
    named("us_state", places.us_state, "the two-letter code of a US state's name; other text as it is"),
    named("us_zip", places.us_zip, "the first five digits of a US ZIP+4 code; other text as it is"),
    named("ipv4", identity.ip_version(4), "an IPv4 address; anything else is refused"),
    named("ipv6", identity.ip_version(6), "an IPv6 address; anything else is refused"),
    named("advertising_id", identity.advertising_id, "a mobile advertising id; nothing when all zeros"),
    named(
        "without", objects.without, "an object without these fields, at any depth", Argument.TEXT, whole=True
    ),
    named("omit", objects.omit, "an object without these fields of its own", Argument.TEXT, whole=True),
    named(
        "omit_matching",
        objects.omit_matching,
        "an object without its own fields whose names match a regular expression (RE2)",
        Argument.TEXT,
        prepare=patterns.pattern,
        whole=True,
    ),
    named(
        "attributes",
        objects.attributes,
        "strings, with a most count, name length and value length: 25,30,100",
        Argument.NUMBERS,
        numbers=3,
        whole=True,
    ),
    named(
        "list",
        objects.as_list,
        "a list; text is split at the argument, if there is one",
        Argument.OPTIONAL_TEXT,
        whole=True,
    ),
    named(
        "limit",
        objects.limit,
        "the first n items of a list or fields of an object",
        Argument.NUMBER,
        whole=True,
    ),
    named("one", objects.one, "the first item of a list; anything else as it is", whole=True),
    named("distinct", objects.distinct, "a list's items, or an object's values, each once", whole=True),
    named("pick", objects.pick, "one field of an object", Argument.TEXT),
    named("only", objects.only, "an object with these fields alone", Argument.TEXT, whole=True),
    named("scalars", objects.scalars, "an object without its lists and objects", whole=True),
    named("snake_names", objects.snake_names, "an object with its fields' names in snake case", whole=True),
    named(
        "short_values",
        objects.short_values,
        "an object with its texts cut to n characters",
        Argument.NUMBER,
        whole=True,
    ),
    named(
        "indexed",
        objects.indexed,
        "a list as one object with numbered names: {name} the field, {n} from 1, {i} from 0",
        Argument.OPTIONAL_TEXT,
        whole=True,
    ),
    named("strings", objects.strings, "an object's scalars as texts, the rest left out", whole=True),
)
OPERATIONS: Mapping[str, NamedOperation] = {operation.name: operation for operation in _DECLARED}

# A digest of one of these skips what stands before it: what is hashed already is not normalised again.
HASHES = frozenset({"md5", "sha1", "sha256"})
