"""`time:yyyy-MM-dd HH:mm:ss` and `date:yyyyMMdd`: moments and days in a vendor's own pattern."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import TypeVar

from integrations.core.operations.times import moment, not_a_moment
from integrations.core.operations.values import BadValue

Moment = TypeVar("Moment", bound=date)
LONGEST = 60  # characters of a pattern
TOKEN = re.compile(r"'([^']*)'|yyyy|yy|MMM|MM|dd|HH|mm|ss|SSS|xxx|xx|XXX|([A-Za-z])|([^A-Za-z'])|(')")
ISO_DAY = re.compile(r"\s*(\d{4})-?(\d{2})-?(\d{2})(?![\d.])")
SLASHED_DAY = re.compile(r"\s*(\d{1,2})[/.](\d{1,2})[/.](\d{4})\s*\Z")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAYS: dict[str, Callable[[date], str]] = {
    "yyyy": lambda day: f"{day.year:04}",
    "yy": lambda day: f"{day.year % 100:02}",
    "MMM": lambda day: MONTHS[day.month - 1],
    "MM": lambda day: f"{day.month:02}",
    "dd": lambda day: f"{day.day:02}",
}
CLOCK: dict[str, Callable[[datetime], str]] = {
    "HH": lambda at: f"{at.hour:02}",
    "mm": lambda at: f"{at.minute:02}",
    "ss": lambda at: f"{at.second:02}",
    "SSS": lambda at: f"{at.microsecond // 1000:03}",
    "xxx": lambda at: "+00:00",
    "xx": lambda at: "+0000",
    "XXX": lambda at: "Z",
}


def time_pattern(pattern: str) -> Callable[[datetime], str]:
    """The function that spells a UTC moment. Raises ValueError for a pattern that it can't read."""
    both: dict[str, Callable[[datetime], str]] = {**DAYS, **CLOCK}
    return _spelled(pattern, both)


def date_pattern(pattern: str) -> Callable[[date], str]:
    """The same for a day, which has no hours."""
    return _spelled(pattern, DAYS)


def time(value: object, spell: object) -> object:
    """The UTC moment in the pattern."""
    assert callable(spell)
    try:
        return spell(moment(value).astimezone(UTC))
    except OverflowError:
        raise not_a_moment(value) from None


def day(value: object, spell: object) -> object:
    """The day as it is written, in the pattern: a birthday does not move with the time zone."""
    assert callable(spell)
    return spell(_day(value))


def _day(value: object) -> date:
    """The day of ISO text, of a moment, or of 2/16/1997 where only one reading is possible."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, str):
        try:
            if match := ISO_DAY.match(value):
                return date(int(match[1]), int(match[2]), int(match[3]))
            if match := SLASHED_DAY.match(value):
                return _slashed(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            raise BadValue("the text is no day; send one such as 1990-05-17") from None
    return moment(value).date()


def _slashed(one: int, other: int, year: int) -> date:
    """Month first as in the US, or day first: known only when one of them can't be the month."""
    if one <= 12 and other <= 12 and one != other:
        raise ValueError
    return date(year, min(one, other), max(one, other))


def _spelled(pattern: str, known: dict[str, Callable[[Moment], str]]) -> Callable[[Moment], str]:
    if not 0 < len(pattern) <= LONGEST:
        raise ValueError(f"a pattern has 1 to {LONGEST} characters")
    parts: list[str | Callable[[Moment], str]] = []
    for match in TOKEN.finditer(pattern):
        if match[0] in known:
            parts.append(known[match[0]])
        elif match[1] is not None or match[3] is not None:
            parts.append(match[3] or match[1] or "'")
        else:
            raise ValueError(
                f"`{match[0]}` is no part of it; known are {', '.join(known)}, and text in single quotes"
            )

    def spell(at: Moment) -> str:
        return "".join(part if isinstance(part, str) else part(at) for part in parts)

    return spell
