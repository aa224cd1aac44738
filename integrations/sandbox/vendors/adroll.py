"""AdRoll's server-to-server event API, as its reference documents it.

Sources: https://apidocs.nextroll.com/server-to-server-api/reference.html and events.html. The body of an
answer is not documented: ours is JSON, and an error names the element and the field.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from .. import checks
from ..verdict import Problem, Verdict, accept, refuse, refuse_fields
from ..web import Request, UnreadableBody, json_response

MOST_ELEMENTS = 100

EVENT_NAMES = (
    "pageView",
    "homeView",
    "productSearch",
    "addToCart",
    "purchase",
    "highValuePage",
    "gatedContent",
    "demoRequest",
    "signupPlan",
    "signupTrial",
    "contactSales",
    "liveChat",
    "formFill",
)

PRODUCT: Mapping[str, checks.Check] = MappingProxyType(
    {
        "product_id": checks.string,
        "product_group": checks.string,
        "price": checks.decimal_string,
        "quantity": checks.integer,
        "category": checks.string,
    }
)

EVENT_ATTRIBUTES: Mapping[str, checks.Check] = MappingProxyType(
    {
        "order_id": checks.string,
        "user_id": checks.string,
        "products": checks.list_of(checks.record_of(PRODUCT)),
        "keywords": checks.either(checks.string, checks.list_of(checks.string)),
        "total": checks.string,
    }
)

IDENTIFIERS: Mapping[str, checks.Check] = MappingProxyType(
    {
        "adct": checks.filled,
        "first_party_cookie": checks.filled,
        "device_id": checks.filled,
        "email": checks.email_address,
        "email_sha256": checks.sha256_hex,
        "email_md5": checks.md5_hex,
        "user_id": checks.filled,
    }
)

EVENT: Mapping[str, checks.Check] = MappingProxyType(
    {
        "advertisable_eid": checks.filled,
        "pixel_eid": checks.filled,
        "event_name": checks.one_of(EVENT_NAMES),
        "page_location": checks.web_url,
        "ip": checks.ip_address,
        "identifiers": checks.record_of(IDENTIFIERS, closed=True),
        "event_attributes": checks.record_of(EVENT_ATTRIBUTES),
        "user_agent": checks.string,
        "conversion_value": checks.either(checks.number, checks.decimal_string),
        "currency": checks.currency,
        "timestamp": checks.epoch_seconds,
        "device_os": checks.string,
        "device_type": checks.string,
        "package_app_name": checks.string,
        "package_app_version": checks.string,
        "external_data": checks.string,
    }
)

REQUIRED = ("advertisable_eid", "pixel_eid", "event_name", "page_location", "ip", "identifiers")


def judge(request: Request) -> Verdict:
    if request.host_path.rstrip("/") != "/api":
        return refuse(404, "There is no such address; events go to /api")
    if request.method != "POST":
        return refuse(405, "Send events with POST", headers=(("Allow", "POST"),))
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "token" or not token.strip():
        return refuse(401, "Send the header Authorization: Token <server access token>")
    if request.media_type != "application/json":
        return refuse(415, "Send Content-Type: application/json")
    try:
        return _judge_events(request, request.json())
    except UnreadableBody as error:
        return refuse(400, str(error))


def _judge_events(request: Request, body: object) -> Verdict:
    elements = [body] if isinstance(body, dict) else body  # the official samples post one bare object
    if not isinstance(elements, list) or not 1 <= len(elements) <= MOST_ELEMENTS:
        return refuse(400, f"Send an array of 1 to {MOST_ELEMENTS} events")
    advertisable = request.query.get("advertisable")
    if not advertisable:
        return refuse(400, "is required in the query", field="advertisable")
    dry_run = request.query.get("dry_run", "").lower() in ("true", "1")  # the samples send 1
    problems = [
        problem
        for index, element in enumerate(elements)
        for problem in _problems_of(index, element, advertisable=advertisable)
    ]
    if problems:
        return refuse_fields(problems, dry_run=dry_run)
    answer = json_response({"status": "ok", "received": len(elements), "dry_run": dry_run})
    return accept(answer, events=len(elements), dry_run=dry_run)


def _problems_of(index: int, element: object, *, advertisable: str) -> Iterator[Problem]:
    if not isinstance(element, dict):
        yield Problem(field="event", message="must be an object", index=index)
        return
    yield from checks.field_problems(element, EVENT, required=REQUIRED, closed=True, index=index)
    if element.get("advertisable_eid", advertisable) != advertisable:
        yield Problem(field="advertisable_eid", message="must equal the query's advertisable", index=index)
    if not _identifies(element):
        yield Problem(field="identifiers", message=_identifier_rule(element), index=index)


def _identifies(element: Mapping[str, object]) -> bool:
    identifiers = element.get("identifiers")
    if not isinstance(identifiers, dict):
        return True  # absent or not an object: said already
    sufficient = {"first_party_cookie", "adct"} | ({"device_id"} if _is_app_event(element) else set())
    return bool(sufficient & identifiers.keys())


def _is_app_event(element: Mapping[str, object]) -> bool:
    """A mobile app's event: it carries the device's advertising id instead of a cookie."""
    return "device_os" in element or "package_app_name" in element


def _identifier_rule(element: Mapping[str, object]) -> str:
    app_rule = ", or device_id" if _is_app_event(element) else ""
    return f"must hold first_party_cookie or adct{app_rule}"
