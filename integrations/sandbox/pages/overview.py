"""The first page: each vendor with its counts, the faults that are set, and the latest requests."""

from collections.abc import Sequence

from ..faults import Fault, Faults
from ..history import History, Received
from ..markup import Markup, el
from ..vendors import Vendor, unchecked_vendor
from ..web import Request, Response
from .faults import active_faults
from .layout import clock_time, outcome_pill, page, pill, section, table

LATEST = 30
REFRESH_SECONDS = 5


def show_overview(
    request: Request, *, vendors: Sequence[Vendor], history: History, faults: Faults
) -> Response:
    wanted = request.query.get("vendor")
    known = {vendor.slug for vendor in vendors}
    others = [unchecked_vendor(slug) for slug in history.vendors() if slug not in known]
    active = faults.active()
    cards = [_card(vendor, history, active, is_open=vendor.slug == wanted) for vendor in (*vendors, *others)]
    latest = history.requests(wanted)[: -LATEST - 1 : -1]
    return page(
        "Overview",
        el(
            "p",
            "Stands in for the vendors on this machine: checks each request as the vendor documents it, "
            "answers as the vendor does, and shows what came. This page refreshes itself.",
            class_="lead",
        ),
        el("div", cards, class_="cards"),
        section("Faults that are set", active_faults(active)),
        section(f"Latest requests of {wanted}" if wanted else "Latest requests", _requests_table(latest)),
        path="/",
        refresh_seconds=REFRESH_SECONDS,
    )


def _card(
    vendor: Vendor, history: History, active: Sequence[tuple[Fault, int | None]], *, is_open: bool
) -> Markup:
    counts = history.counts(vendor.slug)
    failing = any(fault.vendor == vendor.slug for fault, _ in active)
    return el(
        "a",
        el("h3", vendor.name, " ", pill("failing", "wait") if failing else None),
        el("p", vendor.note or ", ".join(vendor.hosts), class_="hosts"),
        el("dl", [_figure(name, counts[name]) for name in ("received", "accepted", "refused", "events")]),
        href="/" if is_open else f"/?vendor={vendor.slug}",
        class_="card open" if is_open else "card",
    )


def _figure(name: str, count: int) -> Markup:
    return el("div", el("dt", name), el("dd", f"{count:,}"), class_=f"{name} none" if not count else name)


def _requests_table(latest: Sequence[Received]) -> Markup:
    return table(
        ("Time", "Vendor", "Request", "Answer", "Outcome", "Why"),
        [
            (
                clock_time(received.at),
                received.vendor,
                el("a", f"{received.method} {received.path}", href=f"/requests/{received.number}"),
                received.status or "none",
                outcome_pill(received),
                reasons(received),
            )
            for received in latest
        ],
        empty="Nothing has come yet. Put a destination in sandbox mode and send an event.",
    )


def reasons(received: Received) -> Markup:
    """The errors, the remark and the fault; of many errors the first three."""
    lines = [*received.errors[:3], received.remark, received.fault and f"Fault: {received.fault}"]
    more = len(received.errors) - 3
    if more > 0:
        lines.insert(3, f"and {more} more")
    return el("div", [el("p", line) for line in lines if line], class_="reasons")
