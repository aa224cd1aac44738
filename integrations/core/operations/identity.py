"""Operations on identifiers: normalising what is clear, hashing it, and letting digests through."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address

import phonenumbers

from integrations.core.operations.places import country_code
from integrations.core.operations.values import BadValue, to_bytes, to_text

DIGEST_LENGTHS = {"md5": 32, "sha1": 40, "sha256": 64}
KINDS = {length: kind for kind, length in DIGEST_LENGTHS.items()}
HEX = re.compile(r"[0-9a-fA-F]+\Z")
EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+\Z")
EMPTY_ADVERTISING_ID = re.compile(r"[0-]+\Z")
GMAIL = frozenset({"gmail.com", "googlemail.com"})
ADDRESSES = {4: (IPv4Address, "203.0.113.7"), 6: (IPv6Address, "2001:db8::1")}
PUNCTUATION = re.compile(r"[\s().\-/]+")
INTERNATIONAL_DIGITS = 11


def digest_kind(value: object) -> str | None:
    """md5, sha1 or sha256 when the value has exactly that digest's hexadecimal shape."""
    if not isinstance(value, str) or (kind := KINDS.get(len(value))) is None:
        return None
    return kind if HEX.match(value) else None


def digest(value: object, kind: object) -> object:
    """The value in lower case when it already is such a digest, else nothing."""
    text = value.strip() if isinstance(value, str) else value
    return str(text).lower() if digest_kind(text) == kind else None


def hasher(kind: str) -> Callable[[object, object], object]:
    """The operation that hashes a value, unless it is such a digest already."""

    algorithm = getattr(hashlib, kind)

    def hashed(value: object, _: object) -> object:
        if digest_kind(value) == kind:
            return str(value).lower()
        return algorithm(to_bytes(value), usedforsecurity=False).hexdigest()

    return hashed


def email(value: object, rule: object) -> object:
    """Trimmed and in lower case. `gmail` drops dots and +suffix at Gmail, `plus` the +suffix everywhere,
    `dots_plus` both everywhere.
    """
    text = to_text(value).strip()
    if digest_kind(text) is not None:
        return None  # no address any more; on its way into the same hash it never comes here
    if len(text) > 254 or not EMAIL.match(text):
        raise BadValue("the text is no e-mail address; send one such as name@example.com")
    local, _, domain = text.lower().rpartition("@")
    if rule in ("plus", "dots_plus") or (rule == "gmail" and domain in GMAIL):
        local = local.partition("+")[0]
    if rule == "dots_plus" or (rule == "gmail" and domain in GMAIL):
        local = local.replace(".", "")
    if not local:
        raise BadValue("the text is no e-mail address; send one such as name@example.com")
    return f"{local}@{domain}"


def phone_e164(value: object, region: object) -> object:
    """+ and digits. Numbers without a country code need a region such as US."""
    parsed = _phone(value, region)
    return parsed and phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def phone_digits(value: object, region: object) -> object:
    """The same without the plus sign."""
    number = phone_e164(value, region)
    return str(number)[1:] if number else None


def phone_national(value: object, region: object) -> object:
    """The digits after the country code, for vendors that know one country; others' numbers are refused."""
    parsed = _phone(value, region)
    if parsed is None:
        return None
    if phonenumbers.country_code_for_region(str(region)) != parsed.country_code:
        raise BadValue(f"the phone number is none of {region}; only such numbers are taken")
    return phonenumbers.national_significant_number(parsed)


def region(text: str) -> str:
    """A region as an argument. Raises ValueError for an unknown one."""
    if text not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError("a two-letter region such as US is needed")
    return text


def ip_version(version: int) -> Callable[[object, object], object]:
    """The operation for vendors that take addresses of one version of the protocol only."""
    kind, sample = ADDRESSES[version]

    def checked(value: object, _: object) -> object:
        try:
            return str(kind(to_text(value).strip()))
        except ValueError:
            raise BadValue(f"the text is no IPv{version} address; send one such as {sample}") from None

    return checked


def _phone(value: object, region: object) -> phonenumbers.PhoneNumber | None:
    """A number as people write it. Without region and +, 00 or eleven digits begin an international one."""
    text = to_text(value).strip()
    if len(text) > 16 and digest_kind(text) is not None:
        return None
    known = country_code(region) if isinstance(region, str) else None
    if known is None and not text.startswith("+"):
        bare = PUNCTUATION.sub("", text).removeprefix("00")
        if bare.isdecimal() and len(bare) >= INTERNATIONAL_DIGITS and not bare.startswith("0"):
            text = f"+{bare}"
    try:
        parsed = phonenumbers.parse(text, known)
    except phonenumbers.NumberParseException:
        raise BadValue("the text is no phone number; send it as + and digits with country code") from None
    if not phonenumbers.is_possible_number(parsed):
        raise BadValue("the phone number is too short or too long; send it as + and digits") from None
    return parsed


def advertising_id(value: object, _: object) -> object:
    """A mobile advertising id; all zeros means that tracking is limited, so nothing."""
    text = to_text(value).strip()
    return None if EMPTY_ADVERTISING_ID.match(text) else text
