"""The semantic dictionary: where SDKs put each thing, so that vendor files can say `from: email`.

Sources are ordered, the most specific first. Segment and RudderStack agree on most places; RudderStack's
browser SDK keeps traits in `context.traits` only, and our own file puts what syncs and click-id capture
found in `context.providers.<vendor>.<id>` (seed 000). Google's shop events have `items` and `transaction_id`,
in the properties or in their `ecommerce`, and what a visitor told in `user_data`. Those of advertising
pixels have `contents`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

PERSON = ("$properties", "$traits", "$context.traits")
TOLD = "$properties.user_data"  # Google's user-provided data
SHOP = "$properties.ecommerce"


@dataclass(frozen=True, slots=True)
class Meaning:
    """One thing: the paths where it may stand and what to call it in a sentence.

    `also` are looked at after the sources, and not told of: other spellings, which nobody should begin with.
    """

    sources: tuple[str, ...]
    label: str
    also: tuple[str, ...] = ()

    @property
    def places(self) -> tuple[str, ...]:
        """Every path, in the order in which they are looked at."""
        return (*self.sources, *self.also)


def _at(roots: tuple[str, ...], names: str) -> tuple[str, ...]:
    return tuple(f"{root}.{name}" for root in roots for name in names.split())


def _personal(label: str, names: str, also: str = "", told: str = "") -> Meaning:
    """Something about the person: the event's own properties first, then traits."""
    return Meaning(_at(PERSON, names), label, (*_at(PERSON, also), *_at((TOLD,), told)))


def _address(label: str, names: str, also: str = "") -> Meaning:
    """Something of the address, which Segment nests and others write flat."""
    nested = ("$traits.address", "$context.traits.address")
    more = ("$properties.address", f"{TOLD}.address")
    others = (*_at(PERSON, also), *_at((*nested, *more), also), *_at(more, names))
    return Meaning((*_at(PERSON, names), *_at(nested, names)), label, others)


def _property(label: str, names: str, also: str = "", shop: str = "") -> Meaning:
    """Something of the event itself; `shop` names it within Google's `ecommerce`."""
    return Meaning(_at(("$properties",), names), label, (*_at(("$properties",), also), *_at((SHOP,), shop)))


def _context(label: str, names: str, properties: str = "", also: str = "", others: str = "") -> Meaning:
    """Something about the surroundings; `properties` are where others put it, `others` Google's names."""
    told = (*_at(("$context",), names), *_at(("$properties",), properties))
    return Meaning(told, label, (*_at(("$context",), also), *_at(("$properties",), others)))


def _campaign(label: str, name: str, parameter: str) -> Meaning:
    urls = tuple(f"{url}?{parameter}" for url in ("$context.page.url", "$context.page.search"))
    return Meaning((f"$context.campaign.{name}",), label, (f"$properties.{parameter}", *urls))


MEANINGS: Mapping[str, Meaning] = {
    "email": _personal(
        "the person's e-mail address", "email", "email_address emailAddress", "email email_address"
    ),
    "email_sha256": _personal(
        "the e-mail address's SHA-256",
        "email_sha256 hashed_email emailSha256",
        "sha256_email",
        "sha256_email_address",
    ),
    "email_md5": _personal("the e-mail address's MD5", "email_md5 emailMd5", "md5_email"),
    "phone": _personal(
        "the person's phone number", "phone phone_number phoneNumber", "phonenumber", "phone_number"
    ),
    "phone_sha256": _personal(
        "the phone number's SHA-256",
        "phone_sha256 hashed_phone phoneSha256",
        "sha256_phone",
    ),
    "first_name": _personal(
        "the first name",
        "first_name firstName firstname",
        "given_name givenName",
        "first_name address.first_name",
    ),
    "middle_name": _personal("the middle name", "middle_name middleName"),
    "last_name": _personal(
        "the last name",
        "last_name lastName lastname",
        "family_name familyName",
        "last_name address.last_name",
    ),
    "name": Meaning(
        ("$traits.name", "$context.traits.name"),
        "the person's name",
        _at(PERSON, "full_name fullName"),
    ),
    "gender": _personal("the gender", "gender"),
    "birthday": _personal(
        "the birthday", "birthday date_of_birth dob", "dateOfBirth dateofbirth DOB birth_date birthDate"
    ),
    "age": _personal("the age", "age"),
    "title": Meaning(
        _at(PERSON[1:], "title"), "the person's position", _at(PERSON[1:], "job_title jobTitle position")
    ),
    "company": Meaning(
        _at(PERSON[1:], "company.name"),
        "the person's company",
        _at(PERSON[1:], "company_name companyName company"),
    ),
    "street": _address("the street", "street", "street_address streetAddress address_line1 address1"),
    "city": _address("the city", "city"),
    "region": _address("the state or region", "state region", "province state_code"),
    "postal_code": _address(
        "the postal code", "postal_code postalCode zip", "zipcode zip_code zipCode postalcode postcode"
    ),
    "country": _address("the country", "country country_code", "countryCode"),
    "user_id": Meaning(
        ("$userId", "$context.traits.userId", "$context.traits.id"),
        "your id of the user",
        ("$traits.userId", "$context.traits.user_id", "$properties.user_id"),
    ),
    "anonymous_id": Meaning(("$anonymousId", "$context.traits.anonymousId"), "the visitor's anonymous id"),
    "group_id": Meaning(
        ("$groupId", "$context.groupId"), "the group's id", ("$traits.groupId", "$properties.group_id")
    ),
    "previous_id": Meaning(("$previousId",), "the user's former id"),
    "session_id": Meaning(
        ("$context.sessionId", "$context.session_id", "$properties.session_id"),
        "the session's id",
        ("$properties.sessionId", "$properties.ga_session_id"),
    ),
    "ip": Meaning(("$context.ip",), "the visitor's IP address", ('$["request_ip"]',)),
    "user_agent": _context("the visitor's user agent", "userAgent", "", "user_agent"),
    "locale": _context("the visitor's locale", "locale", "", "language"),
    "timezone": _context("the visitor's time zone", "timezone"),
    "page_url": _context("the page's full URL", "page.url", "url", others="page_location"),
    "page_path": _context("the page's path", "page.path", "path", others="page_path"),
    "page_search": _context("the page's query", "page.search"),
    "page_title": _context("the page's title", "page.title", "title", others="page_title"),
    "page_referrer": _context(
        "the referring page's URL", "page.referrer", "referrer", others="page_referrer"
    ),
    "event_name": Meaning(("$event_name",), "the event's name"),
    "timestamp": Meaning(("$timestamp",), "the event's time"),
    "message_id": Meaning(("$messageId",), "the event's message id"),
    "device_id": _context("the device's id", "device.id", "device_id", "device.device_id"),
    "device_type": _context("the device's type", "device.type", "device_type"),
    "device_model": _context("the device's model", "device.model", "", "device.device_model"),
    "device_manufacturer": _context("the device's manufacturer", "device.manufacturer", "", "device.brand"),
    "device_name": _context("the device's name", "device.name"),
    "os_name": _context("the operating system", "os.name", "device_os"),
    "os_version": _context("the operating system's version", "os.version"),
    "app_name": _context("the app's name", "app.name", "app_name"),
    "app_namespace": _context("the app's package name", "app.namespace", "package_app_name"),
    "app_version": _context("the app's version", "app.version", "package_app_version", "app.version_name"),
    "app_build": _context("the app's build", "app.build"),
    "screen_width": _context("the screen's width", "screen.width"),
    "screen_height": _context("the screen's height", "screen.height"),
    "screen_density": _context("the screen's density", "screen.density"),
    "network_carrier": _context("the network's carrier", "network.carrier"),
    "network_wifi": _context("whether the device is on Wi-Fi", "network.wifi"),
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
        ("$context.device.idfa", "$context.device.gaid", "$properties.advertisingId"),
    ),
    "vendor_id": _context("the device's id for the app's vendor (IDFV)", "device.idfv idfv", "idfv"),
    "ad_tracking_enabled": _context(
        "whether the person lets the app track", "device.adTrackingEnabled device.ad_tracking_enabled"
    ),
    "tracking_status": _context(
        "the answer to the system's question about tracking (0 to 3)",
        "device.attTrackingStatus device.att_tracking_status",
        "att_status",
    ),
    "order_id": _property(
        "the order's id",
        "order_id orderId transaction_id",
        "transactionId order_number orderNumber",
        "transaction_id",
    ),
    "checkout_id": _property("the checkout's id", "checkout_id checkoutId"),
    "cart_id": _property("the cart's id", "cart_id cartId"),
    "currency": _property("the currency", "currency currency_code", "currencyCode", "currency currencyCode"),
    "revenue": _property("the amount", "revenue total value", "", "value"),
    "value": _property("the event's value", "value revenue total price", "", "value"),
    "subtotal": _property("the amount before tax and shipping", "subtotal", "sub_total subTotal"),
    "tax": _property("the tax", "tax", "", "tax"),
    "shipping": _property("the shipping cost", "shipping", "shipping_cost shippingCost", "shipping"),
    "discount": _property("the discount", "discount", "discount_amount discountAmount"),
    "coupon": _property("the coupon", "coupon", "coupon_code couponCode promo_code promoCode", "coupon"),
    "affiliation": _property("the shop", "affiliation", "", "affiliation"),
    "payment_method": _property(
        "the way of paying", "payment_method paymentMethod", "payment_type", "payment_type"
    ),
    "shipping_method": _property(
        "the way of shipping", "shipping_method shippingMethod", "shipping_tier", "shipping_tier"
    ),
    "products": _property("the products", "products items", "line_items lineItems contents", "items"),
    "search_query": _property(
        "the words that were searched", "query search_term search", "searchTerm search_string"
    ),
    "utm_source": _campaign("the campaign's source", "source", "utm_source"),
    "utm_medium": _campaign("the campaign's medium", "medium", "utm_medium"),
    "utm_campaign": _campaign("the campaign's name", "name", "utm_campaign"),
    "utm_term": _campaign("the campaign's term", "term", "utm_term"),
    "utm_content": _campaign("the campaign's content", "content", "utm_content"),
}
# Fields of one product: of the item inside `each`, else of the event that is about one product.
PRODUCT: Mapping[str, tuple[str, str]] = {
    "id": ("the product's id", "product_id productId item_id sku id"),
    "sku": ("the product's SKU", "sku SKU product_sku"),
    "name": ("the product's name", "name product_name productName item_name"),
    "price": ("the product's price", "price item_price unit_price unitPrice"),
    "quantity": ("the quantity", "quantity qty"),
    "currency": ("the price's currency", "currency currency_code"),
    "brand": ("the product's brand", "brand product_brand item_brand"),
    "category": ("the product's category", "category product_category item_category"),
    "variant": ("the product's variant", "variant product_variant item_variant"),
    "coupon": ("the product's coupon", "coupon coupon_code"),
    "discount": ("the product's discount", "discount"),
    "position": ("the product's position", "position index"),
    "url": ("the product's page", "url product_url productUrl"),
    "image_url": ("the product's image", "image_url imageUrl image product_image_url"),
    "affiliation": ("the product's shop", "affiliation"),
}
# What TikTok's and X's contents call it: read within a list only, as on an event they may mean anything.
CONTENTS: Mapping[str, str] = {
    "id": "content_id",
    "name": "content_name",
    "price": "content_price",
    "quantity": "num_items",
    "category": "content_category",
}
FAMILIES = ("click_id", "cookie", "provider", "product")


def meaning(name: str, vendor: str, *, in_each: bool = False) -> Meaning | None:
    """What a dictionary name stands for in one vendor's file, None when the dictionary lacks it."""
    if name in MEANINGS:
        return MEANINGS[name]
    family, _, part = name.partition(".")
    if family == "product":
        return _product(part, in_each) if part in PRODUCT else None
    if not part or not part.replace("_", "").replace("-", "").isalnum():
        return None
    if family == "click_id":
        return _click_id(part, vendor)
    if family == "cookie":
        sources = (f"$context.cookies.{part}", f"$context.providers.{vendor}.{part}", f"$properties.{part}")
        return Meaning(sources, f"the cookie {part}")
    return _provider(part, vendor) if family == "provider" else None


def _product(field: str, in_each: bool) -> Meaning:
    """Of an event about one product, `id` alone may mean anything, so it counts within a list only."""
    label, names = PRODUCT[field]
    if in_each:
        also = (f".{CONTENTS[field]}",) if field in CONTENTS else ()
        return Meaning(tuple(f".{name}" for name in names.split()), label, also)
    return Meaning(_at(("$properties",), " ".join(name for name in names.split() if name != "id")), label)


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
