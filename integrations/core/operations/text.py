"""Operations on text."""

from __future__ import annotations

import re
from unicodedata import category, combining, normalize
from urllib.parse import quote, unquote, urlsplit

import msgspec

from integrations.core.operations.values import BadValue, describe, to_bytes, to_text


def string(value: object, _: object) -> object:
    return to_text(value)


def trim(value: object, _: object) -> object:
    return to_text(value).strip()


def lower(value: object, _: object) -> object:
    return to_text(value).lower()


def upper(value: object, _: object) -> object:
    return to_text(value).upper()


def digits(value: object, _: object) -> object:
    return "".join(character for character in to_text(value) if character in "0123456789")


def snake_case(value: object, _: object) -> object:
    """`Order Completed` and `orderCompleted` become `order_completed`, `Panier validé` `panier_valide`."""
    plain = "".join(one for one in normalize("NFKD", to_text(value)) if not combining(one))
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", plain)
    return re.sub(r"[^0-9a-z]+", "_", spaced.lower()).strip("_")


def no_spaces(value: object, _: object) -> object:
    """Without any white space."""
    return "".join(to_text(value).split())


def alphanumeric(value: object, _: object) -> object:
    """Letters with their marks and digits, of any script; blanks and punctuation go."""
    return "".join(character for character in to_text(value) if category(character)[0] in "LMN")


def unpunctuated(value: object, _: object) -> object:
    """Letters, digits, and single blanks between words."""
    words = (str(alphanumeric(word, None)) for word in to_text(value).split())
    return " ".join(word for word in words if word)


def replacement(text: str) -> tuple[str, str]:
    """`old>new`. Raises ValueError when there is nothing to replace."""
    old, arrow, new = text.partition(">")
    if not arrow or not old:
        raise ValueError("write what is replaced, >, and what comes in its place, such as ` >_`")
    return old, new


def replace(value: object, change: object) -> object:
    """The text with every old part replaced by the new one."""
    assert isinstance(change, tuple)
    return to_text(value).replace(*change)


def truncate(value: object, length: object) -> object:
    return to_text(value)[: int(str(length))]


def length(value: object, bounds: object) -> object:
    """The text when its length is within `shortest,longest`; never cut."""
    text, (shortest, longest) = to_text(value), (int(bound) for bound in str(bounds).split(","))
    if not shortest <= len(text) <= longest:
        raise BadValue(f"the text has {len(text)} characters; {shortest} to {longest} are taken")
    return text


def urlencode(value: object, _: object) -> object:
    return quote(to_bytes(value), safe="")


def urldecode(value: object, _: object) -> object:
    """The text that percent-encoding stands for; + stays a plus."""
    return unquote(to_text(value), errors="replace")


def prefix(value: object, start: object) -> object:
    return f"{start}{to_text(value)}"


def host(value: object, _: object) -> object:
    """The host name of a URL, nothing when the text is no URL."""
    try:
        return urlsplit(to_text(value)).hostname
    except ValueError:
        return None


def join(value: object, separator: object) -> object:
    """A list's items as one text."""
    items = value if isinstance(value, list) else [value]
    return str(separator).join(to_text(item) for item in items if item not in (None, ""))


def json(value: object, _: object) -> object:
    """Compact JSON text of anything."""
    try:
        return msgspec.json.encode(value).decode()
    except (UnicodeEncodeError, TypeError, ValueError, OverflowError, RecursionError):
        raise BadValue(f"{describe(value)} can't be written as JSON") from None


def from_json(value: object, _: object) -> object:
    """The value that JSON text holds; nothing when the text is no JSON."""
    try:
        return msgspec.json.decode(to_bytes(value))
    except (msgspec.DecodeError, RecursionError):
        return None
