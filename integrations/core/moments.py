"""Times as SDKs spell them, read into UTC and written as ISO 8601 with milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Numbers below this are seconds (it is the year 5138 in seconds, March 1973 in milliseconds).
FIRST_MILLISECONDS = 100_000_000_000


def read_moment(value: object) -> datetime | None:
    """UTC time of an ISO 8601 string or of epoch milliseconds or seconds; None when it is no time.

    A string without an offset is UTC.
    """
    try:
        match value:
            case str():
                return _from_text(value)
            case bool():
                return None
            case int() | float():
                return _from_epoch(value)
    except (ValueError, OverflowError):
        pass
    return None


def write_moment(moment: datetime) -> str:
    """A UTC time as `2026-11-21T05:42:00.043Z`."""
    return moment.isoformat(timespec="milliseconds")[:-6] + "Z"


def _from_text(text: str) -> datetime:
    text = text.strip()
    if len(text) in (10, 13) and text.isdecimal():
        return _from_epoch(int(text))
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _from_epoch(number: float) -> datetime:
    milliseconds = number if abs(number) >= FIRST_MILLISECONDS else number * 1000
    return EPOCH + timedelta(milliseconds=milliseconds)
