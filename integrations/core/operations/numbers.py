"""Operations on numbers, money and truth. Money stays a decimal until it is minor units or text."""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

from integrations.core.operations.values import BadValue, plain, quote_short, to_decimal, to_text

# ISO 4217: the currencies whose minor unit is not a hundredth.
EXPONENTS = {
    **dict.fromkeys(
        [
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "UYI",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ],
        0,
    ),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}
MOST_PLACES = 9
BEYOND = 10**16  # what to_decimal refuses
WORDS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


def number(value: object, _: object) -> object:
    """A JSON number: an integer when it is whole."""
    if type(value) is float and (1e-30 <= abs(value) < 1e16 or value == 0):
        return int(value) if value.is_integer() else value
    if type(value) is int and abs(value) < BEYOND:
        return value
    exact = to_decimal(value)
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def integer(value: object, _: object) -> object:
    """A whole number; a fraction is refused, never rounded away."""
    if type(value) is int and abs(value) < BEYOND:
        return value
    exact = to_decimal(value)
    if exact != exact.to_integral_value():
        raise BadValue(f"{quote_short(value)} is not a whole number")
    return int(exact)


def decimal_string(value: object, places: object) -> object:
    """Plain decimal text, with exactly `places` decimals when they are given."""
    exact = to_decimal(value)
    return plain(exact if places is None else _rounded(exact, int(str(places))))


def places(text: str) -> str:
    """Decimals as an argument. Raises ValueError for more than there may be."""
    if int(text) > MOST_PLACES:
        raise ValueError(f"at most {MOST_PLACES} decimals")
    return text


def minor_units(value: object, currency: object) -> object:
    """Cents of dollars, yen of yen, fils of dinars: an integer, half rounded up."""
    exponent = EXPONENTS.get(_currency_code(currency), 2)
    return int(_rounded(to_decimal(value), exponent).scaleb(exponent))


def negate(value: object, _: object) -> object:
    return _signed(value, -to_decimal(value))


def absolute(value: object, _: object) -> object:
    return _signed(value, abs(to_decimal(value)))


def currency(value: object, _: object) -> object:
    """A three-letter currency code in upper case."""
    return _currency_code(value)


def boolean(value: object, _: object) -> object:
    """true, 1 and yes; false, 0 and no."""
    if isinstance(value, bool):
        return value
    known = WORDS.get(to_text(value).strip().lower())
    if known is None:
        raise BadValue(f"{quote_short(value)} is neither true nor false")
    return known


def bool_string(value: object, _: object) -> object:
    return "true" if boolean(value, None) else "false"


def add(value: object, other: object) -> object:
    """The sum of both; an empty operand changes nothing."""
    return _computed(value, other, lambda one, two: one + two)


def subtract(value: object, other: object) -> object:
    """The difference; an empty operand changes nothing."""
    return _computed(value, other, lambda one, two: one - two)


def multiply(value: object, other: object) -> object:
    """The product; an empty operand changes nothing."""
    return _computed(value, other, lambda one, two: one * two)


def rounded(value: object, places: object) -> object:
    """The number, half rounded up to so many places."""
    return number(_rounded(to_decimal(value), int(str(places))), None)


def count(value: object, _: object) -> object:
    """How many items a list has."""
    return len(value) if isinstance(value, list) else 1


def total(value: object, _: object) -> object:
    """The sum of a list of numbers."""
    items = value if isinstance(value, list) else [value]
    if all(type(item) is int and abs(item) < BEYOND for item in items):
        return number(sum(items), None)
    return number(sum((to_decimal(item) for item in items), Decimal(0)), None)


def _computed(value: object, other: object, compute: Callable[[Decimal, Decimal], Decimal]) -> object:
    exact = to_decimal(value)
    return number(exact if other in (None, "") else compute(exact, to_decimal(other)), None)


def _signed(value: object, exact: Decimal) -> object:
    """Text stays text and a number stays a number, so that the next operation sees what it expects."""
    return plain(exact) if isinstance(value, str) else number(exact, None)


def _rounded(exact: Decimal, places: int) -> Decimal:
    return exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def _currency_code(value: object) -> str:
    code = value.strip().upper() if isinstance(value, str) else ""
    if len(code) != 3 or not (code.isascii() and code.isalpha()):
        found = "the currency is missing" if value in (None, "") else f"{quote_short(value)} is no currency"
        raise BadValue(f"{found}; send a three-letter ISO 4217 code such as USD")
    return code
