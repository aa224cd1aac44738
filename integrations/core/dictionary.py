"""The semantic dictionary: where SDKs put each thing, so that vendor files can say `from: email`.

Sources are ordered, the most specific first. Segment and RudderStack agree on most places; RudderStack's
browser SDK keeps traits in `context.traits` only, and our own file puts what syncs and click-id capture
found in `context.providers.<vendor>.<id>` (research/trackingfile.md, seed 000).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """One thing: the paths where it may stand and what to call it in a sentence."""

    sources: tuple[str, ...]
    label: str


def _personal(label: str, *names: str) -> Meaning:
    """Something about the person: the event's own properties first, then traits."""
    sources = tuple(
        f"{root}.{name}" for root in ("$properties", "$traits", "$context.traits") for name in names
    )
    return Meaning(sources, label)


def _property(label: str, *names: str) -> Meaning:
    return Meaning(tuple(f"$properties.{name}" for name in names), label)


def _address(label: str, *names: str) -> Meaning:
    """Something of the address, which Segment nests and others write flat."""
    nested = tuple(f"{root}.address.{name}" for root in ("$traits", "$context.traits") for name in names)
    return Meaning((*_personal(label, *names).sources, *nested), label)


MEANINGS: Mapping[str, Meaning] = {
    "email": _personal("the person's e-mail address", "email"),
    "email_sha256": _personal("the e-mail address's SHA-256", "email_sha256", "hashed_email", "emailSha256"),
    "email_md5": _personal("the e-mail address's MD5", "email_md5", "emailMd5"),
    "phone": _personal("the person's phone number", "phone", "phone_number", "phoneNumber"),
    "first_name": _personal("the first name", "first_name", "firstName", "firstname"),
    "last_name": _personal("the last name", "last_name", "lastName", "lastname"),
    "name": Meaning(("$traits.name", "$context.traits.name"), "the person's name"),
    "gender": _personal("the gender", "gender"),
    "birthday": _personal("the birthday", "birthday", "date_of_birth", "dob"),
    "city": _address("the city", "city"),
    "region": _address("the state or region", "state", "region"),
    "postal_code": _address("the postal code", "postal_code", "postalCode", "zip"),
    "country": _address("the country", "country", "country_code"),
    "user_id": Meaning(("$userId", "$context.traits.userId", "$context.traits.id"), "your id of the user"),
    "anonymous_id": Meaning(("$anonymousId", "$context.traits.anonymousId"), "the visitor's anonymous id"),
    "session_id": Meaning(
        ("$context.sessionId", "$context.session_id", "$properties.session_id"), "the session's id"
    ),
    "ip": Meaning(("$context.ip",), "the visitor's IP address"),
    "user_agent": Meaning(("$context.userAgent",), "the visitor's user agent"),
    "locale": Meaning(("$context.locale",), "the visitor's locale"),
    "page_url": Meaning(("$context.page.url", "$properties.url"), "the page's full URL"),
    "page_path": Meaning(("$context.page.path", "$properties.path"), "the page's path"),
    "page_title": Meaning(("$context.page.title", "$properties.title"), "the page's title"),
    "page_referrer": Meaning(("$context.page.referrer", "$properties.referrer"), "the referring page's URL"),
    "event_name": Meaning(("$event_name",), "the event's name"),
    "timestamp": Meaning(("$timestamp",), "the event's time"),
    "message_id": Meaning(("$messageId",), "the event's message id"),
    "device_id": Meaning(("$context.device.id", "$properties.device_id"), "the device's id"),
    "device_type": Meaning(("$context.device.type", "$properties.device_type"), "the device's type"),
    "device_model": Meaning(("$context.device.model",), "the device's model"),
    "os_name": Meaning(("$context.os.name", "$properties.device_os"), "the operating system"),
    "os_version": Meaning(("$context.os.version",), "the operating system's version"),
    "app_namespace": Meaning(
        ("$context.app.namespace", "$properties.package_app_name"), "the app's package name"
    ),
    "app_version": Meaning(("$context.app.version", "$properties.package_app_version"), "the app's version"),
    "advertising_id": Meaning(
        (
            "$context.device.advertisingId",
            "$context.device.advertising_id",
            "$context.idfa",
            "$context.gaid",
            "$properties.advertising_id",
            "$properties.idfa",
            "$properties.gaid",
        ),
        "the device's advertising id (IDFA or GAID)",
    ),
    "ad_tracking_enabled": Meaning(
        ("$context.device.adTrackingEnabled", "$context.device.ad_tracking_enabled"),
        "whether the person lets the app track",
    ),
    "order_id": _property("the order's id", "order_id", "orderId", "transaction_id"),
    "currency": _property("the currency", "currency", "currency_code"),
    "revenue": _property("the amount", "revenue", "total", "value"),
    "value": _property("the amount", "value", "revenue", "total", "price"),
    "subtotal": _property("the amount before tax and shipping", "subtotal"),
    "tax": _property("the tax", "tax"),
    "shipping": _property("the shipping cost", "shipping"),
    "discount": _property("the discount", "discount"),
    "coupon": _property("the coupon", "coupon"),
    "products": _property("the products", "products", "items"),
    "search_query": _property("the words that were searched", "query", "search_term", "search"),
    "utm_source": Meaning(("$context.campaign.source",), "the campaign's source"),
    "utm_medium": Meaning(("$context.campaign.medium",), "the campaign's medium"),
    "utm_campaign": Meaning(("$context.campaign.name",), "the campaign's name"),
}
FAMILIES = ("click_id", "cookie", "provider")


def meaning(name: str, vendor: str) -> Meaning | None:
    """What a dictionary name stands for in one vendor's file, None when the dictionary lacks it."""
    if name in MEANINGS:
        return MEANINGS[name]
    family, _, part = name.partition(".")
    if not part or not part.replace("_", "").replace("-", "").isalnum():
        return None
    if family == "click_id":
        return _click_id(part, vendor)
    if family == "cookie":
        sources = (f"$context.cookies.{part}", f"$context.providers.{vendor}.{part}", f"$properties.{part}")
        return Meaning(sources, f"the cookie {part}")
    return _provider(part, vendor) if family == "provider" else None


def _click_id(parameter: str, vendor: str) -> Meaning:
    """Stored values first, then the page that the event happened on: S2S must work with cookies blocked."""
    stored = (
        f"$properties.{parameter}",
        f"$context.providers.{vendor}.{parameter}",
        f"$context.clickIds.{parameter}",
        f"$context.campaign.{parameter}",
        f"$traits.{parameter}",
        f"$context.traits.{parameter}",
    )
    urls = ("$context.page.url", "$context.page.search", "$context.page.referrer", "$properties.url")
    return Meaning((*stored, *(f"{url}?{parameter}" for url in urls)), f"the click id {parameter}")


def _provider(identifier: str, vendor: str) -> Meaning:
    """An identifier that an identity sync stores; back ends may pass it as a property."""
    head, *rest = identifier.split("_")
    camel = head + "".join(word.capitalize() for word in rest)
    names = dict.fromkeys((identifier, camel))
    providers = tuple(f"$context.providers.{vendor}.{name}" for name in names)
    return Meaning((*providers, *(f"$properties.{name}" for name in names)), f"the {identifier} of {vendor}")
