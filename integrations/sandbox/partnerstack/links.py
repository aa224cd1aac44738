"""A partner's link: write the click down, then lead the visitor to the landing page with the click id."""

import base64
import re
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from ..checks import web_url
from ..web import Request, Response, redirect, text_response
from .books import Books

PARTNER_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
SUB_ID_NAME = re.compile(r"sub_?ids?\d*", re.I)


def follow_link(request: Request, partner_key: str, *, books: Books) -> Response:
    landing = request.query.get("url") or f"{request.origin}/shop"
    if not PARTNER_KEY.fullmatch(partner_key):
        return text_response("A partner key has up to 64 letters, digits, dots, dashes and underscores", 404)
    if web_url(landing):
        return text_response("url must be a full http or https URL", 400)
    given = parse_qsl(request.query_string, keep_blank_values=True)
    sub_ids = [(name, value) for name, value in given if SUB_ID_NAME.fullmatch(name) and value]
    click = books.record_click(partner_key, [value for _, value in sub_ids], landing)
    return redirect(landing_with_click(landing, click.xid, partner_key, sub_ids), 302)


def landing_with_click(landing: str, xid: str, partner_key: str, sub_ids: list[tuple[str, str]]) -> str:
    """The landing page with its own query kept, then ps_xid, ps_partner_key and the sub-ids."""
    parts = urlsplit(landing)
    encoded_key = base64.b64encode(partner_key.encode()).decode()
    added = urlencode([("ps_xid", xid), ("ps_partner_key", encoded_key), *sub_ids])
    return urlunsplit(parts._replace(query=f"{parts.query}&{added}".lstrip("&")))
