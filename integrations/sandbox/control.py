"""The control endpoints: set a fault, clear faults, and read what was received."""

from collections.abc import Sequence

from .access_tokens import AccessTokens
from .faults import Faults, InvalidFault, parse_fault
from .history import History, Received
from .pages.faults import show_faults
from .partnerstack.books import Books
from .vendors import Vendor
from .web import Request, Response, UnreadableBody, json_response, redirect

MOST_LISTED = 5_000


def set_fault(request: Request, *, vendors: Sequence[Vendor], faults: Faults) -> Response:
    """Set a fault from JSON (whatever Content-Type curl puts on it) or from the page's form."""
    is_form = _is_form(request)
    try:
        fault = parse_fault(request.form if is_form else request.json())
    except (InvalidFault, UnreadableBody) as error:
        if is_form:
            return show_faults(request, vendors=vendors, faults=faults, error=str(error))
        return json_response({"error": str(error)}, 400)
    faults.set(fault)
    return redirect("/control") if is_form else json_response({"fault": f"{fault.vendor} {fault}"})


def reset(
    request: Request, *, faults: Faults, history: History, books: Books, access_tokens: AccessTokens
) -> Response:
    """Clear the faults; with `received` also what was received, PartnerStack's books and access tokens."""
    is_form = _is_form(request)
    try:
        asked = request.form if is_form else request.json() if request.raw_body else {}
    except UnreadableBody as error:
        return json_response({"error": str(error)}, 400)
    faults.reset()
    if isinstance(asked, dict) and asked.get("received") in (True, "true"):
        history.clear()
        books.clear()
        access_tokens.clear()
    return redirect("/control") if is_form else json_response({"reset": True})


def list_received(request: Request, *, history: History) -> Response:
    """What was received, newest last: `vendor`, `accepted`, `since` (a number) and `limit` narrow it."""
    query = request.query
    vendor = query.get("vendor") or None
    for name in ("since", "limit"):
        if not query.get(name, "0").isdecimal():
            return json_response({"error": f"{name} must be a whole number"}, 400)
    wanted = [
        received
        for received in history.requests(vendor)
        if received.number > int(query.get("since", "0")) and _has_outcome(received, query.get("accepted"))
    ]
    shown = wanted[-int(query.get("limit", MOST_LISTED)) :] if query.get("limit") != "0" else []
    return json_response(
        {
            "vendor": vendor,
            "count": len(wanted),
            "totals": dict(history.counts(vendor)) if vendor else None,
            "requests": [received.as_json() for received in shown],
        }
    )


def _has_outcome(received: Received, accepted: str | None) -> bool:
    return accepted not in ("true", "false") or received.accepted == (accepted == "true")


def _is_form(request: Request) -> bool:
    """Whether a browser's form sent it: curl says form too, but its body then starts as JSON does."""
    is_form_type = request.media_type == "application/x-www-form-urlencoded"
    return is_form_type and not request.raw_body.lstrip().startswith((b"{", b"["))
