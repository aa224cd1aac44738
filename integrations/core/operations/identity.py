"""Operations on identifiers: normalising what is clear, hashing it, and letting digests through."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from ipaddress import IPv4Address

import phonenumbers

from integrations.core.operations.values import BadValue, to_bytes, to_text

DIGEST_LENGTHS = {"md5": 32, "sha1": 40, "sha256": 64}
HEX = re.compile(r"[0-9a-fA-F]+\Z")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+\Z")
EMPTY_ADVERTISING_ID = re.compile(r"[0-]+\Z")
COUNTRIES = frozenset(phonenumbers.SUPPORTED_REGIONS)


def digest_kind(value: object) -> str | None:
    """md5, sha1 or sha256 when the value has exactly that digest's hexadecimal shape."""
    if not isinstance(value, str) or not HEX.match(value):
        return None
    return next((kind for kind, length in DIGEST_LENGTHS.items() if len(value) == length), None)


def digest(value: object, kind: object) -> object:
    """The value in lower case when it already is such a digest, else nothing."""
    text = value.strip() if isinstance(value, str) else value
    return str(text).lower() if digest_kind(text) == kind else None


def hasher(kind: str) -> Callable[[object, object], object]:
    """The operation that hashes a value, unless it is such a digest already."""

    def hashed(value: object, _: object) -> object:
        if digest_kind(value) == kind:
            return str(value).lower()
        return hashlib.new(kind, to_bytes(value), usedforsecurity=False).hexdigest()

    return hashed


def email(value: object, expected: object) -> object:
    """Trimmed and in lower case. A digest passes only on its way into the hash that it already is."""
    text = to_text(value).strip()
    if (kind := digest_kind(text)) is not None:
        return text.lower() if kind == expected else None
    if len(text) > 254 or not EMAIL.match(text):
        raise BadValue("the text is no e-mail address; send one such as name@example.com")
    return text.lower()


def phone_e164(value: object, region: object, expected: object = None) -> object:
    """+ and digits. Numbers without a country code need a region such as US."""
    text = to_text(value).strip()
    if (kind := digest_kind(text)) is not None and len(text) > 16:
        return text.lower() if kind == expected else None
    try:
        parsed = phonenumbers.parse(text, region if isinstance(region, str) else None)
    except phonenumbers.NumberParseException:
        raise BadValue("the text is no phone number; send it as + and digits with country code") from None
    if not phonenumbers.is_possible_number(parsed):
        raise BadValue("the phone number is too short or too long; send it as + and digits") from None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def country(value: object, _: object) -> object:
    """A two-letter country code in upper case."""
    code = to_text(value).strip().upper()
    if code not in COUNTRIES:
        raise BadValue("the text is no country; send a two-letter ISO 3166 code such as US")
    return code


def ipv4(value: object, _: object) -> object:
    """An address of four numbers, for vendors that take no other."""
    try:
        return str(IPv4Address(to_text(value).strip()))
    except ValueError:
        raise BadValue("the text is no IPv4 address; send one such as 203.0.113.7") from None


def advertising_id(value: object, _: object) -> object:
    """A mobile advertising id; all zeros means that tracking is limited, so nothing."""
    text = to_text(value).strip()
    return None if EMPTY_ADVERTISING_ID.match(text) else text
