"""Every question that a vendor's team is asked (seed 000: the five rows, GET, identity endpoint)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from integrations.core.dictionary import MEANINGS


class Kind(StrEnum):
    TEXT = "text"
    URL = "url"
    NUMBER = "number"
    FLAG = "flag"
    CHOICE = "choice"
    CHOICES = "choices"
    ROWS = "rows"


Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """One column of a question that is answered in rows."""

    key: str
    label: str
    kind: Kind = Kind.TEXT
    choices: Choices = ()
    required: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """One question. `asked_if` names another answer and the values of it for which this one is asked."""

    key: str
    part: str
    label: str
    kind: Kind = Kind.TEXT
    help: str = ""
    choices: Choices = ()
    columns: tuple[Column, ...] = ()
    required: bool = False
    default: object = None
    asked_if: tuple[str, tuple[object, ...]] | None = None
    least: int | None = None
    most: int | None = None


PARTS: Mapping[str, str] = {
    "vendor": "The vendor",
    "endpoint": "Event ingestion endpoint",
    "limits": "Constraints of a GET request",
    "auth": "Authentication and security",
    "identifiers": "Identifiers",
    "events": "Events and parameters",
    "identity": "Identity endpoint for the Sync Injector",
    "consent": "Consent and privacy classification",
    "validation": "Validation, answers and deduplication",
    "lost": "What server-to-server delivery can't do",
}
IS_GET, IS_POST = ("method", ("GET",)), ("method", ("POST",))
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

QUESTIONS: tuple[Question, ...] = (
    Question(key="name", part="vendor", label="What is the vendor called?", required=True),
    Question(key="about", part="vendor", label="What does the vendor do with events?", required=True),
    Question(key="docs_url", part="vendor", label="Where is the API documented?", kind=Kind.URL),
    Question(
        key="method",
        part="endpoint",
        label="How does the endpoint take events?",
        kind=Kind.CHOICE,
        choices=(("POST", "HTTP POST (recommended)"), ("GET", "HTTP GET (pixel)")),
        default="POST",
        required=True,
    ),
    Question(
        key="url",
        part="endpoint",
        label="What is the address of the endpoint?",
        kind=Kind.URL,
        help="It begins with https:// and a host name.",
        required=True,
    ),
    Question(
        key="body",
        part="endpoint",
        label="In which form does the body come?",
        kind=Kind.CHOICE,
        choices=(("json", "JSON"), ("form", "form fields")),
        default="json",
        asked_if=IS_POST,
    ),
    Question(
        key="batch_size",
        part="endpoint",
        label="How many events may one request carry?",
        help="More than one is sent as a JSON list.",
        kind=Kind.NUMBER,
        default=1,
        least=1,
        most=10_000,
        asked_if=IS_POST,
    ),
    Question(
        key="batch_field",
        part="endpoint",
        label="In which field does the list of events stand?",
        help="Empty: the body itself is the list.",
        asked_if=IS_POST,
    ),
    Question(
        key="url_length",
        part="limits",
        label="What is your server's maximum supported URL length, in characters?",
        kind=Kind.NUMBER,
        default=2_000,
        least=100,
        most=65_536,
        asked_if=IS_GET,
    ),
    Question(
        key="parameter_length",
        part="limits",
        label="What is the maximum length of one query parameter's value?",
        help="Empty: no limit of its own.",
        kind=Kind.NUMBER,
        least=1,
        most=65_536,
        asked_if=IS_GET,
    ),
    Question(
        key="list_style",
        part="limits",
        label="How should several items, such as the products of a cart, be passed?",
        kind=Kind.CHOICE,
        choices=(
            ("comma", "comma-separated: id=a,b"),
            ("pipe", "pipe-delimited: id=a|b"),
            ("indexed", "indexed fields: id1=a&id2=b"),
        ),
        default="comma",
        asked_if=IS_GET,
    ),
    Question(
        key="forbidden",
        part="limits",
        label="Which special characters are not allowed in values?",
        help="One after the other, without blanks, such as &|%. Empty: all are allowed.",
        asked_if=IS_GET,
    ),
    Question(
        key="escaping",
        part="limits",
        label="What shall happen to such a character?",
        kind=Kind.CHOICE,
        choices=(
            ("encode", "percent-encode it once more"),
            ("replace", "replace it by an underscore"),
            ("reject", "reject the event"),
        ),
        default="encode",
        asked_if=IS_GET,
    ),
    Question(
        key="order",
        part="limits",
        label="Must the parameters stand in a certain order?",
        kind=Kind.CHOICE,
        choices=(
            ("as_listed", "in the order in which they are listed here"),
            ("alphabetical", "alphabetical"),
        ),
        default="as_listed",
        asked_if=IS_GET,
    ),
    Question(
        key="auth",
        part="auth",
        label="How are credentials passed?",
        kind=Kind.CHOICE,
        choices=(
            ("none", "no authentication"),
            ("bearer", "Authorization: Bearer"),
            ("header", "a header"),
            ("query", "a query parameter"),
            ("basic", "user and password (Basic)"),
        ),
        default="none",
        required=True,
    ),
    Question(
        key="auth_name",
        part="auth",
        label="What is the header or parameter called?",
        required=True,
        asked_if=("auth", ("header", "query")),
    ),
    Question(
        key="rate_limit",
        part="auth",
        label="How many requests per second may be sent?",
        help="Empty: no limit.",
        kind=Kind.NUMBER,
        least=1,
        most=100_000,
    ),
    Question(
        key="ip_allow_list",
        part="auth",
        label="Must our addresses be put on an allow list?",
        kind=Kind.CHOICE,
        choices=YES_NO,
        default="no",
    ),
    Question(
        key="identifiers",
        part="identifiers",
        label="Which identifiers of a person do you accept?",
        kind=Kind.ROWS,
        columns=(
            Column(
                key="identifier", label="identifier", kind=Kind.CHOICE, choices=IDENTIFIERS, required=True
            ),
            Column(key="parameter", label="your parameter", required=True),
            Column(key="form", label="form", kind=Kind.CHOICE, choices=IDENTIFIER_FORMS),
            Column(key="required", label="required", kind=Kind.FLAG),
        ),
        required=True,
    ),
    Question(
        key="needs_identifier",
        part="identifiers",
        label="Does an event need at least one of them?",
        kind=Kind.CHOICE,
        choices=YES_NO,
        default="yes",
    ),
    Question(
        key="click_id_parameter",
        part="identifiers",
        label="In which URL parameter does your click id arrive on the landing page?",
    ),
    Question(
        key="click_id_days",
        part="identifiers",
        label="For how many days does a click count?",
        kind=Kind.NUMBER,
        default=30,
        least=1,
        most=400,
    ),
    Question(
        key="events",
        part="events",
        label="Which events do you take, and what are they called?",
        kind=Kind.ROWS,
        columns=(
            Column(key="event", label="event", kind=Kind.CHOICE, choices=EVENTS, required=True),
            Column(key="name", label="your name of it", required=True),
            Column(key="required", label="required parameters, separated by commas"),
        ),
        required=True,
    ),
    Question(
        key="event_parameter",
        part="events",
        label="Which parameter carries the event's name?",
        default="event",
        required=True,
    ),
    Question(
        key="other_events",
        part="events",
        label="What shall happen to all other events?",
        kind=Kind.CHOICE,
        choices=(("drop", "don't send them"), ("pass", "send them under their own name")),
        default="drop",
    ),
    Question(
        key="parameters",
        part="events",
        label="Which further parameters do you take?",
        kind=Kind.ROWS,
        columns=(
            Column(key="parameter", label="your parameter", required=True),
            Column(key="value", label="value", kind=Kind.CHOICE, choices=VALUES, required=True),
            Column(key="form", label="form", kind=Kind.CHOICE, choices=FORMS),
            Column(key="required", label="required on every event", kind=Kind.FLAG),
        ),
    ),
    Question(
        key="products_field",
        part="events",
        label="In which field does the list of products stand?",
        help="For JSON. In a GET each column becomes a list of its own.",
        asked_if=IS_POST,
    ),
    Question(
        key="products",
        part="events",
        label="What do you take of each product?",
        kind=Kind.ROWS,
        columns=(
            Column(key="parameter", label="your parameter", required=True),
            Column(key="value", label="value", kind=Kind.CHOICE, choices=PRODUCT_FIELDS, required=True),
        ),
    ),
    Question(
        key="custom_parameters",
        part="events",
        label="Do you accept custom parameters, or is the schema fixed?",
        kind=Kind.CHOICE,
        choices=(("drop", "the schema is fixed"), ("pass", "custom parameters are accepted")),
        default="drop",
    ),
    Question(
        key="identity",
        part="identity",
        label="Does a browser have to fetch an id from you first?",
        kind=Kind.CHOICE,
        choices=(
            ("none", "no"),
            ("fetch", "yes, by GET or POST, and the answer holds the id"),
            ("cookie", "yes, your script leaves it in a first-party cookie"),
        ),
        default="none",
    ),
    Question(
        key="identity_url",
        part="identity",
        label="What is the address of the identity endpoint?",
        kind=Kind.URL,
        help="It must answer the browser itself: an endpoint that redirects can't be used.",
        required=True,
        asked_if=("identity", ("fetch",)),
    ),
    Question(
        key="identity_method",
        part="identity",
        label="By which method is it asked?",
        kind=Kind.CHOICE,
        choices=(("GET", "GET"), ("POST", "POST")),
        default="GET",
        asked_if=("identity", ("fetch",)),
    ),
    Question(
        key="identity_path",
        part="identity",
        label="Where in the JSON answer does the id stand?",
        help="Such as data.id. Headers such as Set-Cookie can't be read by a browser's script.",
        required=True,
        asked_if=("identity", ("fetch",)),
    ),
    Question(
        key="identity_credentials",
        part="identity",
        label="Shall the browser send your cookies with it (credentials: include)?",
        kind=Kind.CHOICE,
        choices=YES_NO,
        default="no",
        asked_if=("identity", ("fetch",)),
    ),
    Question(
        key="identity_cookie",
        part="identity",
        label="What is the cookie called?",
        required=True,
        asked_if=("identity", ("cookie",)),
    ),
    Question(
        key="identity_days",
        part="identity",
        label="For how many days is the id good?",
        kind=Kind.NUMBER,
        default=365,
        least=1,
        most=400,
        asked_if=("identity", ("fetch", "cookie")),
    ),
    Question(
        key="consent",
        part="consent",
        label="For which purpose are events used?",
        kind=Kind.CHOICE,
        choices=CONSENT,
        default="advertising",
        required=True,
    ),
    Question(
        key="opt_out_parameter",
        part="consent",
        label="Which parameter tells that a person has opted out of the sale of their data?",
        help="Empty: events of such persons carry no mark.",
    ),
    Question(
        key="opt_out_value",
        part="consent",
        label="Which value says so?",
        default="1",
    ),
    Question(
        key="test",
        part="validation",
        label="Do you have a test mode, sandbox or debug endpoint?",
        kind=Kind.CHOICE,
        choices=(
            ("none", "no"),
            ("query", "a query parameter"),
            ("field", "a field of the event"),
            ("url", "another address"),
        ),
        default="none",
    ),
    Question(
        key="test_name",
        part="validation",
        label="What is that parameter or field called?",
        required=True,
        asked_if=("test", ("query", "field")),
    ),
    Question(
        key="test_value",
        part="validation",
        label="Which value does it have in a test?",
        default="true",
        asked_if=("test", ("query", "field")),
    ),
    Question(
        key="test_url",
        part="validation",
        label="What is the address for tests?",
        kind=Kind.URL,
        required=True,
        asked_if=("test", ("url",)),
    ),
    Question(
        key="success_codes",
        part="validation",
        label="Which HTTP status codes mean that an event was taken?",
        help="Separated by commas, such as 200, 202 or 2xx.",
        default="2xx",
    ),
    Question(
        key="success_field",
        part="validation",
        label="Which field of a JSON answer tells success, when the status alone does not?",
        help="Such as status=ok. Empty: the status tells.",
    ),
    Question(
        key="retry_codes",
        part="validation",
        label="Which further status codes mean that the same request may succeed later?",
        help="Separated by commas. 408, 425, 429 and 5xx are tried again anyway.",
    ),
    Question(
        key="reason_field",
        part="validation",
        label="Where in the answer does the reason of a refusal stand?",
        help="Such as error.message.",
    ),
    Question(
        key="dedup_parameter",
        part="validation",
        label="Which parameter carries the unique id by which you know a repeated event?",
        help="Empty: you don't. Then an event whose outcome is unknown waits for a person.",
    ),
    Question(
        key="dedup_value",
        part="validation",
        label="What shall that id be?",
        kind=Kind.CHOICE,
        choices=(("message_id", "the event's message id"), ("order_id", "the order's id")),
        default="message_id",
    ),
    Question(
        key="dedup_window",
        part="validation",
        label="For how long do you keep such ids?",
        help="Such as 48 hours.",
    ),
    Question(
        key="lost",
        part="lost",
        label="Which functions of your tag need a script in the browser?",
        kind=Kind.CHOICES,
        choices=tuple((one, one) for one in LOST),
    ),
)
