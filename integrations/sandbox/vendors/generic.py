"""A receiver that takes whatever a generic destination sends: JSON, a JSON batch, a form, or a GET pixel."""

from ..verdict import Verdict, accept, refuse
from ..web import Request, Response, UnreadableBody, json_response
from .audiohook import PIXEL

LONGEST_PIXEL_URL = 2_000


def judge(request: Request) -> Verdict:
    if request.method == "GET":
        return _judge_pixel(request)
    if request.method not in ("POST", "PUT", "PATCH"):
        return refuse(405, "Send GET or POST", headers=(("Allow", "GET, POST"),))
    if request.media_type == "application/x-www-form-urlencoded":
        return _judge_form(request)
    try:
        body = request.json()
    except UnreadableBody as error:
        return refuse(400, str(error))
    if isinstance(body, list) and body and all(isinstance(element, dict) for element in body):
        return _received(len(body))
    if isinstance(body, dict) and body:
        return _received(1)
    return refuse(400, "Send a JSON object, or an array of objects, that is not empty")


def _judge_pixel(request: Request) -> Verdict:
    length = len(request.vendor_url)
    if length > LONGEST_PIXEL_URL:
        return refuse(414, f"The URL has {length} characters; {LONGEST_PIXEL_URL} are allowed")
    return accept(Response(content_type="image/png", body=PIXEL))


def _judge_form(request: Request) -> Verdict:
    return _received(1) if request.form else refuse(400, "The form has no fields")


def _received(events: int) -> Verdict:
    return accept(json_response({"success": True, "received": events}), events=events)
