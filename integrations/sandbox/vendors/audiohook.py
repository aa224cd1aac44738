"""Audiohook's server-to-server pixel: one JSON event to an address that ends in pixel.png.

Source: seeds/003 and https://docs.audiohook.com/guides-for-developers (S2S integration). The body of a
refusal is not documented: ours is JSON.
"""

import base64
import re
import uuid
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from .. import checks
from ..verdict import Problem, Verdict, accept, refuse, refuse_fields
from ..web import Request, Response, UnreadableBody

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAAC0lEQVR42mNgAAIAAAUAAen63NgAAAAASUVORK5CYII="
)

ITEM: Mapping[str, checks.Check] = MappingProxyType({"price": checks.number, "quantity": checks.number})

EVENT: Mapping[str, checks.Check] = MappingProxyType(
    {
        "ip_address": checks.ip_address,
        "user_agent": checks.filled,
        "event_name": checks.filled,
        "timestamp": checks.matching(
            r"\d{4}-(0[1-9]|1[0-2])-([0-2]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z",
            "must look like 2024-01-15T10:30:00.000Z",
        ),
        "url": checks.string,
        "referrer": checks.string,
        "visitor_id": checks.string,
        "persistent_anonymous_user_id": checks.string,
        "session_id": checks.string,
        "event_payload": checks.record_of(),
        "order_id": checks.string,
        "value": checks.number,
        "currency": checks.currency,
        "items": checks.list_of(checks.record_of(ITEM)),
        "subscription_id": checks.string,
        "plan_name": checks.string,
        "billing_cycle": checks.string,
    }
)

REQUIRED = ("ip_address", "user_agent", "event_name")

PERSONAL_NAME = re.compile(
    r"((user|customer|billing|shipping)_)?(email|phone)(_(address|number|sha256|hash))*", re.I
)


def judge(request: Request) -> Verdict:
    if not _is_pixel_address(request.host_path):
        return refuse(404, "There is no such pixel; the address is /<Audiohook id>/pixel.png")
    if request.headers.get("X-Sandbox-Original-Scheme", "https").lower() != "https":
        return refuse(400, "HTTPS only")
    if request.method != "POST":
        return refuse(405, "Send events with POST", headers=(("Allow", "POST"),))
    if request.media_type != "application/json":
        return refuse(400, "Send Content-Type: application/json")
    try:
        event = request.json()
    except UnreadableBody as error:
        return refuse(400, str(error))
    if not isinstance(event, dict):
        return refuse(400, "Send one JSON object")
    problems = [*checks.field_problems(event, EVENT, required=REQUIRED), *_clear_text_problems(event)]
    if problems:
        return refuse_fields(problems)
    return accept(Response(content_type="image/png", body=PIXEL))


def _is_pixel_address(path: str) -> bool:
    audiohook_id, _, name = path.lstrip("/").partition("/")
    try:
        return name == "pixel.png" and str(uuid.UUID(audiohook_id)) == audiohook_id.lower()
    except ValueError:
        return False


def _clear_text_problems(value: object, path: str = "") -> Iterator[Problem]:
    """Every e-mail or phone field, at any depth, that is not a SHA-256."""
    if isinstance(value, list):
        for place, item in enumerate(value):
            yield from _clear_text_problems(item, f"{path}[{place}]")
    if isinstance(value, dict):
        for name, item in value.items():
            here = f"{path}.{name}".lstrip(".")
            if PERSONAL_NAME.fullmatch(name) and checks.sha256_hex(item):
                yield Problem(field=here, message="must be hashed with SHA-256 (64 hex digits)")
            else:
                yield from _clear_text_problems(item, here)
