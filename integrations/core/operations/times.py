"""Operations on moments: ISO 8601 text, epoch numbers and datetimes in, the vendor's form out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from integrations.core.operations.values import BadValue, quote_short, to_decimal

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
# Epoch numbers are told apart by size: seconds until the year 5138, then milliseconds, then microseconds.
SECONDS_BELOW, MILLISECONDS_BELOW = 10**11, 10**14


def moment(value: object) -> datetime:
    """The UTC moment of a datetime, ISO 8601 text or an epoch number; text without an offset is UTC."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    try:
        return _from_text(value) if isinstance(value, str) and not _is_epoch(value) else _from_epoch(value)
    except (ValueError, OverflowError):
        raise not_a_moment(value) from None


def unix_s(value: object, _: object) -> object:
    return _microseconds(value) // 1_000_000


def unix_ms(value: object, _: object) -> object:
    return _microseconds(value) // 1_000


def unix_us(value: object, _: object) -> object:
    return _microseconds(value)


def decimal_seconds(value: object, _: object) -> object:
    """Epoch seconds with milliseconds as the fraction; whole seconds without one."""
    milliseconds = _microseconds(value) // 1_000
    return milliseconds / 1_000 if milliseconds % 1_000 else milliseconds // 1_000


def iso8601_ms(value: object, _: object) -> object:
    """2024-01-15T10:30:00.000Z"""
    return _utc(value).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso8601(value: object, _: object) -> object:
    """2024-01-15T10:30:00Z"""
    return _utc(value).isoformat(timespec="seconds").replace("+00:00", "Z")


def not_a_moment(value: object) -> BadValue:
    return BadValue(f"{quote_short(value)} is not a time; send ISO 8601 such as 2024-01-15T10:30:00.000Z")


def _utc(value: object) -> datetime:
    try:
        return moment(value).astimezone(UTC)
    except OverflowError:
        raise not_a_moment(value) from None


def _microseconds(value: object) -> int:
    return (moment(value) - EPOCH) // MICROSECOND


def _is_epoch(text: str) -> bool:
    return text.strip().lstrip("-").replace(".", "", 1).isdecimal() and len(text) > 8


def _from_text(text: str) -> datetime:
    parsed = datetime.fromisoformat(text.strip())
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _from_epoch(value: object) -> datetime:
    try:
        number = to_decimal(value)
    except BadValue:
        raise not_a_moment(value) from None
    size = abs(number)
    scale = 1_000_000 if size < SECONDS_BELOW else 1_000 if size < MILLISECONDS_BELOW else 1
    return EPOCH + timedelta(microseconds=int(number * scale))
