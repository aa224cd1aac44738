"""How times, ids and bodies are worded for people, personal data hidden from those who may not see it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import urlsplit

HIDDEN = "Hidden: it holds personal data, and your role here has no read:events permission."


def relative(at: datetime, *, now: datetime) -> str:
    """`in 2 h 5 min` or `12 s ago`."""
    seconds = round((at - now).total_seconds())
    size = duration(abs(seconds))
    return f"in {size}" if at > now else f"{size} ago"


def utc(at: datetime) -> str:
    """A time as every page writes it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def masked_id(text: str) -> str:
    """Enough of an identifier to recognise one that is known: `u•••42`."""
    if len(text) < 4:
        return "•••" if text else ""
    return f"{text[0]}•••{text[-2:]}"


def without_query(url: str) -> str:
    """The address without the part that carries personal data."""
    return f"{url.partition('?')[0]}?•••" if urlsplit(url).query else url


def pretty(value: object) -> str:
    """JSON laid out for reading; text that is no JSON stays as it is."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return str(value)
    return json.dumps(value, indent=2, ensure_ascii=False)


def shown_body(text: str, shows_personal_data: bool) -> str:
    if not text:
        return ""
    return pretty(text) if shows_personal_data else HIDDEN


def duration(seconds: int) -> str:
    if seconds < 60:
        return f"{seconds} s"
    minutes, rest = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes < 5 and rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} days"


def counted(number: int, noun: str, plural: str = "") -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {plural or noun + 's'}"
