"""What every named operation shares: the typed refusal and careful readings of loose values."""

from __future__ import annotations

import re
from datetime import datetime
from decimal import Decimal, InvalidOperation

LONGEST_NUMBER = 64  # characters; longer texts are no amounts
# Powers of ten beyond these are mistakes, and within them decimal arithmetic (28 digits) stays exact.
LARGEST_EXPONENT, SMALLEST_EXPONENT = 15, -30
CURRENCY_SIGNS = "$€£¥ \u00a0"
# 1,234.50 can be read in one way only; 1,234 and 12,50 can't, and are refused.
GROUPED = re.compile(r"-?[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+")


class BadValue(Exception):
    """A value that an operation can't use; the message says what was found and what would be right."""


def describe(value: object) -> str:
    """What was found, without repeating text that may be personal."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f"text of {len(value)} characters"
    if isinstance(value, (int, float)):
        return "a number"
    if isinstance(value, datetime):
        return "a time"
    return "a list" if isinstance(value, list) else "an object"


def quote_short(value: object) -> str:
    """The value itself when it is short and can't be an address, else its description."""
    if isinstance(value, str) and len(value) <= 16 and "@" not in value and value.isprintable():
        return f'"{value}"'
    return describe(value)


def to_text(value: object) -> str:
    """Text of a scalar: true and false in lower case, numbers as plain decimals, moments as ISO 8601."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) < 10**LONGEST_NUMBER:
        return str(value)
    if isinstance(value, (int, float, Decimal)):
        return plain(to_decimal(value))
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    raise BadValue(f"{describe(value)} was found where text is needed")


def to_bytes(value: object) -> bytes:
    """UTF-8 of a scalar's text."""
    try:
        return to_text(value).encode()
    except UnicodeEncodeError:
        raise BadValue("the text is not valid Unicode") from None


def to_decimal(value: object) -> Decimal:
    """An exact decimal, also of `$1,234.50`; a float counts as the shortest decimal that names it."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str, Decimal)):
        raise not_a_number(value)
    text = _numeral(value)
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise not_a_number(value) from None
    if not number.is_finite() or not SMALLEST_EXPONENT <= number.adjusted() <= LARGEST_EXPONENT:
        raise not_a_number(value)
    return number


def _numeral(value: int | float | str | Decimal) -> str:
    try:
        text = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value).strip()
    except ValueError:  # Python refuses to spell out an integer of thousands of digits
        raise not_a_number(value) from None
    text = text.strip(CURRENCY_SIGNS)
    if len(text) > LONGEST_NUMBER or "_" in text or not text.isascii():
        raise not_a_number(value)
    return text.replace(",", "") if "," in text and GROUPED.fullmatch(text) else text


def plain(number: Decimal) -> str:
    """Digits with at most one decimal point, no exponent, no minus before zero."""
    text = format(number, "f")
    return text.removeprefix("-") if number == 0 else text


def not_a_number(value: object) -> BadValue:
    return BadValue(f"{quote_short(value)} is not a number; send digits with a decimal point, such as 12.50")
