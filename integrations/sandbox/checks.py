"""Checks of a vendor's fields: each takes a value and says in a few words what is wrong with it, or None.

Plain functions rather than JSON Schema, because the sentence is the point of a refusal.
"""

import ipaddress
import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from urllib.parse import urlsplit

from .verdict import Problem

Check = Callable[[object], str | None]

FIRST_MILLISECOND_TIMESTAMP = 100_000_000_000  # in seconds this would be the year 5138


def string(value: object) -> str | None:
    return None if isinstance(value, str) else "must be a string"


def filled(value: object) -> str | None:
    return None if isinstance(value, str) and value.strip() else "must be a string that is not empty"


def boolean(value: object) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def number(value: object) -> str | None:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value):
        return None
    return "must be a number"


def integer(value: object) -> str | None:
    return None if isinstance(value, int) and not isinstance(value, bool) else "must be an integer"


def matching(pattern: str, finding: str) -> Check:
    compiled = re.compile(pattern)
    return lambda value: None if isinstance(value, str) and compiled.fullmatch(value) else finding


def one_of(choices: Collection[str]) -> Check:
    finding = f"must be one of {', '.join(choices)}"
    return lambda value: None if isinstance(value, str) and value in choices else finding


def integer_between(lowest: int, highest: int) -> Check:
    finding = f"must be an integer from {lowest} to {highest}"
    return lambda value: None if integer(value) is None and lowest <= value <= highest else finding  # type: ignore[operator]


def either(first: Check, second: Check) -> Check:
    def check(value: object) -> str | None:
        finding = first(value)
        return finding if finding is None or second(value) is not None else None

    return check


def ip_address(value: object) -> str | None:
    try:
        ipaddress.ip_address(value if isinstance(value, str) else "")
    except ValueError:
        return "must be an IP address"
    return None


def web_url(value: object) -> str | None:
    try:
        parts = urlsplit(value if isinstance(value, str) else "")
    except ValueError:
        return "must be a full URL"
    return None if parts.scheme in ("http", "https") and parts.hostname else "must be a full URL"


def epoch_seconds(value: object) -> str | None:
    if number(value) is not None:
        return "must be a number of seconds"
    return None if 0 < value < FIRST_MILLISECOND_TIMESTAMP else "must be in seconds, not milliseconds"  # type: ignore[operator]


def epoch_milliseconds(value: object) -> str | None:
    if integer(value) is not None:
        return "must be an integer of milliseconds"
    return None if value >= FIRST_MILLISECOND_TIMESTAMP else "must be in milliseconds, not seconds"  # type: ignore[operator]


email_address = matching(r"[^@\s]+@[^@\s]+\.[^@\s]+", "must be an e-mail address")
currency = matching(r"[A-Z]{3}", "must be an ISO 4217 code of three upper-case letters")
decimal_string = matching(r"-?\d+(\.\d+)?", "must be a decimal number as a string")
sha256_hex = matching(r"[0-9a-fA-F]{64}", "must be a SHA-256 of 64 hex digits")
md5_hex = matching(r"[0-9a-fA-F]{32}", "must be an MD5 of 32 hex digits")


def list_of(check: Check) -> Check:
    def check_list(value: object) -> str | None:
        if not isinstance(value, list):
            return "must be a list"
        findings = ((place, check(item)) for place, item in enumerate(value))
        return next((f"item {place} {finding}" for place, finding in findings if finding), None)

    return check_list


def record_of(fields: Mapping[str, Check] | None = None, *, closed: bool = False) -> Check:
    def check_record(value: object) -> str | None:
        if not isinstance(value, dict):
            return "must be an object"
        problem = next(field_problems(value, fields or {}, closed=closed), None)
        return None if problem is None else f"has a wrong field: {problem}"

    return check_record


def mapping_to(check: Check, *, most: int | None = None, longest_name: int | None = None) -> Check:
    """An object of any names whose every value passes the check."""

    def check_mapping(value: object) -> str | None:
        if not isinstance(value, dict):
            return "must be an object"
        if most is not None and len(value) > most:
            return f"must have at most {most} entries"
        if longest_name is not None and any(len(name) > longest_name for name in value):
            return f"must have names of at most {longest_name} characters"
        findings = ((name, check(item)) for name, item in value.items())
        return next((f"has a wrong entry: {name} {finding}" for name, finding in findings if finding), None)

    return check_mapping


def field_problems(
    record: Mapping[str, object],
    fields: Mapping[str, Check],
    *,
    required: Collection[str] = (),
    closed: bool = False,
    index: int | None = None,
) -> Iterator[Problem]:
    """Every problem of a record: absent required fields, wrong values and, if closed, unknown names."""
    for name in required:
        if name not in record:
            yield Problem(field=name, message="is required", index=index)
    for name, value in record.items():
        check = fields.get(name)
        if check is None and closed:
            yield Problem(field=name, message="is not a documented field", index=index)
        elif check is not None and (finding := check(value)):
            yield Problem(field=name, message=finding, index=index)
