"""PartnerStack's two receivers: sign-up conversions at partnerlinks.io, and its API v2 for sales.

Sources: https://docs.partnerstack.com/docs/step-3-tracking-conversions and reference/post_v2-transactions.
The vendor documents neither the error bodies nor what a repeated transaction key gives: ours answers the
first time and the second alike, so that a retry after a lost answer ends well, and writes down the duplicate.
"""

import base64
from collections.abc import Mapping
from hmac import compare_digest
from types import MappingProxyType

from .. import checks
from ..partnerstack.books import Books
from ..partnerstack.entries import Conversion, Outcome
from ..partnerstack.tokens import TokenBook
from ..verdict import Problem, Verdict, accept, refuse, refuse_fields
from ..web import Request, Response, UnreadableBody, json_response

DEMO_KEYS = "demo-public-key:demo-secret-key"
LARGEST_AMOUNT = 50_000_000_000
MOST_METADATA = 25
CUSTOMER_NAMES = ("customer_external_key", "customer_email", "customer_key")

CONVERSION: Mapping[str, checks.Check] = MappingProxyType(
    {
        "xid": checks.filled,
        "customer_key": checks.filled,
        "email": checks.email_address,
        "name": checks.string,
        "provider_key": checks.string,
        "origin": checks.string,
        "ip_address": checks.ip_address,
        "user_agent": checks.string,
        "external_type": checks.string,
        "sub_ids": checks.list_of(checks.string),
        "meta": checks.mapping_to(checks.string),
    }
)

SALE: Mapping[str, checks.Check] = MappingProxyType(
    {
        "customer_external_key": checks.filled,
        "customer_email": checks.email_address,
        "customer_key": checks.filled,
        "amount": checks.integer_between(-LARGEST_AMOUNT, LARGEST_AMOUNT),
        "currency": checks.currency,
        "key": checks.matching(r"(?s).{4,255}", "must be a string of 4 to 255 characters"),
        "category_key": checks.string,
        "product_key": checks.string,
        "metadata": checks.mapping_to(
            checks.matching(r"(?s).{0,100}", "must be a string of at most 100 characters"),
            most=MOST_METADATA,
            longest_name=30,
        ),
        "test": checks.boolean,
        "created_at": checks.epoch_milliseconds,
    }
)


def judge_conversion(request: Request, *, books: Books, tokens: TokenBook) -> Verdict:
    if request.host_path != "/conversion/xid":
        return refuse(404, "There is no such address; conversions go to /conversion/xid")
    if request.method != "POST":
        return refuse(405, "Send conversions with POST", headers=(("Allow", "POST"),))
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not tokens.authorizes(token):
        return refuse(
            401, "Send the header Authorization: Bearer <tracking token>, with a token that is not revoked"
        )
    body = _json_object(request)
    if isinstance(body, Verdict):
        return body
    problems = list(checks.field_problems(body, CONVERSION, required=("xid", "customer_key")))
    if problems:
        return refuse_fields(problems)
    return accept(Response(), remark=_attribution(books.record_conversion(body)))


def judge_api_call(request: Request, *, books: Books) -> Verdict:
    if not _has_demo_keys(request):
        return refuse(401, "Send Basic authentication with the public key and the secret key")
    resource = request.host_path.removeprefix("/api/v2/")
    if resource == "transactions" and request.method == "POST":
        return _judge_sale(request, books)
    if resource.startswith("customers/") and request.method == "GET":
        return _read_customer(resource.removeprefix("customers/"), books)
    return refuse(404, "There is no such address; sales go to POST /api/v2/transactions")


def _judge_sale(request: Request, books: Books) -> Verdict:
    body = _json_object(request)
    if isinstance(body, Verdict):
        return body
    problems = list(checks.field_problems(body, SALE, required=("amount", "currency")))
    if sum(name in body for name in CUSTOMER_NAMES) != 1:
        problems.append(
            Problem(field="customer", message=f"must be named by one of {', '.join(CUSTOMER_NAMES)}")
        )
    if problems:
        return refuse_fields(problems)
    sale = books.record_sale(body)
    answer = json_response({"data": {"key": sale.key, "amount": sale.amount, "currency": sale.currency}}, 201)
    if sale.is_duplicate:
        return accept(answer, remark=f"Duplicate of transaction {sale.key}")
    return accept(
        answer, remark=f"Sale of a customer of {sale.partner_key}" if sale.partner_key else "No partner"
    )


def _read_customer(customer_key: str, books: Books) -> Verdict:
    customer = books.customer(customer_key)
    if customer is None or customer.click is None:
        return refuse(404, "There is no such customer")
    answer = {
        "key": customer.internal_key,
        "customer_key": customer.customer_key,
        "email": customer.email,
        "partner_key": customer.click.partner_key,
        "sub_ids": list(customer.sub_ids),
        "test": customer.is_test,
    }
    return accept(json_response({"data": answer}), events=0, remark="Read back")


def _json_object(request: Request) -> dict[str, object] | Verdict:
    if request.media_type != "application/json":
        return refuse(415, "Send Content-Type: application/json")
    try:
        body = request.json()
    except UnreadableBody as error:
        return refuse(400, str(error))
    return body if isinstance(body, dict) else refuse(400, "Send one JSON object")


def _has_demo_keys(request: Request) -> bool:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    expected = base64.b64encode(DEMO_KEYS.encode())
    return scheme.lower() == "basic" and compare_digest(encoded.strip().encode(), expected)


def _attribution(conversion: Conversion) -> str:
    match conversion.outcome:
        case Outcome.ATTRIBUTED if conversion.click:
            return f"Attributed to {conversion.click.partner_key}"
        case Outcome.DUPLICATE:
            return f"Duplicate of customer {conversion.customer_key}, not attributed again"
        case _:
            return "Unattributed: no click has this xid"
