"""Faults by clicks: those that are set, and a form to set another."""

from collections.abc import Sequence

from ..faults import Fault, Faults, Mode
from ..markup import Markup, el
from ..vendors import Vendor
from ..web import Request, Response
from .layout import button_form, page, section, table

EXPLANATIONS = {
    Mode.STATUS: "answer with this status",
    Mode.SLOW: "answer, but late",
    Mode.HANG: "hold the request and never answer",
    Mode.DROP: "close the connection without an answer",
    Mode.PARTIAL: "refuse some elements of a batch",
    Mode.MALFORMED: "answer with broken JSON",
}

EXAMPLE = """curl -d '{"vendor": "adroll", "mode": "status", "status": 429, "times": 2}' ORIGIN/control
curl -X POST ORIGIN/control/reset
curl -d '{"received": true}' ORIGIN/control/reset
curl 'ORIGIN/sandbox.generic/hook?sandbox_fail=503' -H 'Content-Type: application/json' -d '{"a": 1}'"""


def show_faults(request: Request, *, vendors: Sequence[Vendor], faults: Faults, error: str = "") -> Response:
    return page(
        "Faults",
        el("p", "Tell a vendor to fail, and watch what the router does about it.", class_="lead"),
        el("p", error, class_="error", role="alert") if error else None,
        section(
            "Set now",
            active_faults(faults.active()),
            el(
                "div",
                button_form("/control/reset", "Clear the faults"),
                button_form(
                    "/control/reset", "Clear the faults and what was received", kind="quiet", received="true"
                ),
                class_="buttons",
            ),
        ),
        section("Set a fault", _fault_form(vendors)),
        section("The same by command", el("pre", EXAMPLE.replace("ORIGIN", request.origin))),
        path="/control",
        status=400 if error else 200,
    )


def active_faults(active: Sequence[tuple[Fault, int | None]]) -> Markup:
    return table(
        ("Vendor", "Path", "What it does", "Left"),
        [
            (fault.vendor, fault.path or "every path", str(fault), "until cleared" if left is None else left)
            for fault, left in active
        ],
        empty="None: every vendor answers as documented.",
    )


def _fault_form(vendors: Sequence[Vendor]) -> Markup:
    slugs = [el("option", vendor.name, value=vendor.slug) for vendor in vendors]
    modes = [el("option", f"{mode}: {EXPLANATIONS[mode]}", value=mode) for mode in Mode]
    return el(
        "form",
        _labelled("Vendor", el("select", slugs, name="vendor")),
        _labelled("Failure", el("select", modes, name="mode")),
        _labelled("Status", _number("status", "500")),
        _labelled("Retry-After", el("input", name="retry_after", placeholder="3, or an HTTP date")),
        _labelled("Times", _number("times", "until cleared")),
        _labelled("Delay in ms (slow)", _number("delay_ms", "1000")),
        _labelled("Hold in ms (hang)", _number("hold_ms", "30000")),
        _labelled("Elements (partial)", el("input", name="indexes", placeholder="0, 2")),
        _labelled("Only paths that start with", el("input", name="path", placeholder="every path")),
        el(
            "label",
            el("input", type="checkbox", name="processed"),
            "Take the request before going silent (drop, hang)",
            class_="check",
        ),
        el("div", el("button", "Set the fault"), class_="buttons"),
        method="post",
        action="/control",
        class_="grid",
    )


def _labelled(text: str, control: Markup) -> Markup:
    return el("label", text, control)


def _number(name: str, placeholder: str) -> Markup:
    return el("input", type="number", name=name, min=0, placeholder=placeholder)
