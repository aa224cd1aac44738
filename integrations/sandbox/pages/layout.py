"""The frame of every sandbox page, and the pieces that several pages show."""

from collections.abc import Iterable, Sequence

from ..history import Received
from ..markup import Child, Markup, el
from ..web import Response, html_response

LINKS = (
    ("/", "Overview"),
    ("/control", "Faults"),
    ("/partnerstack", "Partners"),
    ("/partnerstack/tokens", "Tokens"),
    ("/webhooks", "Webhooks"),
    ("/shop", "Demo shop"),
)


def page(
    title: str, *content: Child, path: str = "", refresh_seconds: int | None = None, status: int = 200
) -> Response:
    """A whole page; `path` marks the link of the menu that is open."""
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", http_equiv="refresh", content=refresh_seconds) if refresh_seconds else None,
        el("title", f"{title} - vendor sandbox"),
        el("link", rel="icon", href="data:,"),
        el("link", rel="stylesheet", href="/assets/sandbox.css"),
    )
    links = [el("a", text, href=href, aria_current="page" if href == path else None) for href, text in LINKS]
    header = el("header", el("a", "Vendor sandbox", href="/", class_="brand"), el("nav", links))
    body = el("body", header, el("main", el("h1", title), content))
    return html_response(f"<!doctype html>{el('html', head, body, lang='en')}", status)


def section(title: str, *content: Child) -> Markup:
    return el("section", el("h2", title), content)


def table(columns: Sequence[str], rows: Iterable[Sequence[Child]], *, empty: str) -> Markup:
    """A table that scrolls sideways on a narrow screen; without rows, one sentence."""
    cells = [el("tr", [el("td", cell) for cell in row]) for row in rows]
    if not cells:
        return el("p", empty, class_="empty")
    head = el("tr", [el("th", column) for column in columns])
    return el("div", el("table", el("thead", head), el("tbody", cells)), class_="scroll")


def pill(text: str, kind: str) -> Markup:
    """A small label; kind is good, bad, wait or plain."""
    return el("span", text, class_=f"pill {kind}")


def outcome_pill(received: Received) -> Markup:
    if received.dry_run and received.accepted:
        return pill("dry run", "plain")
    return pill("accepted", "good") if received.accepted else pill("refused", "bad")


def clock_time(at: str) -> Markup:
    """The time of day of an ISO time, with the whole of it on hover."""
    return el("time", at[11:19], title=at, datetime=at)


def button_form(action: str, text: str, *, kind: str = "", **fields: str) -> Markup:
    """A button that posts."""
    hidden = [el("input", type="hidden", name=name, value=value) for name, value in fields.items()]
    return el("form", hidden, el("button", text, class_=kind or None), method="post", action=action)
