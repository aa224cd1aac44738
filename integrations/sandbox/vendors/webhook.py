"""A customer's webhook endpoint: takes JSON, and verifies who sent it once it knows the secret.

Written from docs/webhooks.md alone, as a customer would: it shares no code with what signs.
"""

import base64
import hashlib
import hmac
import time

from ..verdict import Verdict, accept, refuse
from ..web import Request, Response, UnreadableBody

OLDEST_S = 300
STANDARD = "Webhook-Signature"


class SecretBox:
    """The signing secret that somebody pasted; empty until then."""

    text = ""


def judge(request: Request, *, box: SecretBox) -> Verdict:
    if request.method != "POST":
        return refuse(405, "Send POST", headers=(("Allow", "POST"),))
    try:
        message = request.json()
    except UnreadableBody as error:
        return refuse(400, str(error))
    if not isinstance(message, dict) or not message.get("event_type"):
        return refuse(400, "A webhook is a JSON object with an event_type")
    told = str(message["event_type"])
    if not box.text:
        return _received(f"{told}. Not verified: paste the signing secret at /webhooks")
    if fault := _fault(request, box.text):
        return refuse(400, fault)
    return _received(f"{told}. Both signatures are right")


def _received(remark: str) -> Verdict:
    return accept(Response(status=204), remark=remark)


def _fault(request: Request, secret: str) -> str:
    """What is wrong with the signatures, in a sentence; empty when nothing is."""
    name = next((name for name in request.headers if name.endswith("-Signature") and name != STANDARD), "")
    if not name or STANDARD not in request.headers:
        return "A signature header is missing"
    sent_at = request.headers.get(name.removesuffix("Signature") + "Timestamp", "")
    if not sent_at.isdecimal() or abs(time.time() - int(sent_at)) > OLDEST_S:
        return "The timestamp is older than five minutes, or none"
    if not hmac.compare_digest(request.headers[name].encode(), _of_contract(request, secret, sent_at)):
        return f"{name} is not of this secret and this body"
    given = request.headers[STANDARD].encode().split()
    if not any(hmac.compare_digest(one, _of_standard(request, secret)) for one in given):
        return f"{STANDARD} is not of this secret and this body"
    return ""


def _of_contract(request: Request, secret: str, sent_at: str) -> bytes:
    signed = f"{sent_at}.".encode() + request.raw_body
    return f"sha256={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}".encode()


def _of_standard(request: Request, secret: str) -> bytes:
    parts = (request.headers.get(name, "").encode() for name in ("Webhook-Id", "Webhook-Timestamp"))
    signed = b".".join((*parts, request.raw_body))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
