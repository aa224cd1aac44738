"""One received request in full: headers with secrets masked, body, answer and reasons."""

import json

from ..history import History, Received
from ..markup import el
from ..web import Request, Response
from .layout import outcome_pill, page, section, table


def show_request(request: Request, number: str, *, history: History) -> Response:
    received = history.find(int(number)) if number.isdecimal() else None
    if received is None:
        return page("No such request", el("p", "It is no longer kept, or never came."), status=404)
    query = f"?{received.query_string}" if received.query_string else ""
    facts = [
        ("Vendor", received.vendor),
        ("Time", received.at),
        ("Answer", received.status or "none: the connection was closed"),
        ("Outcome", outcome_pill(received)),
        ("Events", received.events),
        ("Remark", received.remark or "-"),
        ("Fault", received.fault or "-"),
    ]
    return page(
        f"Request {received.number}",
        el("p", f"{received.method} {received.path}{query}", class_="mono lead"),
        table(("", ""), facts, empty=""),
        section("Why it was refused", el("ul", [el("li", error) for error in received.errors]))
        if received.errors
        else None,
        section("Headers", table(("Name", "Value"), received.headers.items(), empty="None.")),
        section("Body", el("pre", _readable_body(received))),
    )


def _readable_body(received: Received) -> str:
    if received.is_json:
        return json.dumps(received.body, indent=2, ensure_ascii=False)
    return received.body_text or "(empty)"
