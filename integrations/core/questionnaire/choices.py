"""The choices of questions that have many."""

from __future__ import annotations

from integrations.core.dictionary import MEANINGS
from integrations.core.questionnaire.question import Choices

FORMS: Choices = (
    ("", "as it is"),
    ("text", "text"),
    ("number", "number"),
    ("integer", "whole number"),
    ("decimal", "decimal text"),
    ("minor_units", "amount in minor units (cents)"),
    ("lower", "lower case"),
    ("upper", "upper case"),
    ("sha256", "SHA-256"),
    ("md5", "MD5"),
    ("unix_s", "epoch seconds"),
    ("unix_ms", "epoch milliseconds"),
    ("iso8601", "ISO 8601"),
)
IDENTIFIERS: Choices = (
    ("user_id", "user id"),
    ("anonymous_id", "anonymous id"),
    ("email", "e-mail address"),
    ("phone", "phone number"),
    ("ip", "IP address"),
    ("user_agent", "user agent"),
    ("click_id", "click id"),
    ("vendor_id", "id from the identity endpoint"),
    ("advertising_id", "mobile advertising id"),
)
IDENTIFIER_FORMS: Choices = (("raw", "raw"), ("sha256", "hashed, SHA-256"), ("md5", "hashed, MD5"))
EVENTS: Choices = (
    ("page", "Page view"),
    ("Product Viewed", "Product Viewed"),
    ("Product Added", "Product Added"),
    ("Checkout Started", "Checkout Started"),
    ("Order Completed", "Order Completed"),
    ("Order Refunded", "Order Refunded"),
    ("Signed Up", "Signed Up"),
    ("Subscription Created", "Subscription Created"),
    ("Lead", "Lead"),
)
PRODUCT_FIELDS: Choices = (
    ("product_id", "product id"),
    ("name", "name"),
    ("price", "price"),
    ("quantity", "quantity"),
    ("category", "category"),
    ("brand", "brand"),
)
YES_NO: Choices = (("yes", "yes"), ("no", "no"))
LOST = ("experiments", "heat maps", "widgets", "personalised creatives", "chat", "pop-ups", "other")
CONSENT: Choices = tuple(
    (one, one.replace("_", " "))
    for one in ("advertising", "affiliate", "analytics", "functional", "messaging", "customer_chosen")
)
VALUES: Choices = tuple((name, meaning.label) for name, meaning in MEANINGS.items())
