"""The page of the webhook receiver: its address, and the secret that it verifies with."""

import base64
import binascii

from ..history import mask_secret
from ..markup import Markup, el
from ..vendors.webhook import SecretBox
from ..web import Request, Response, redirect
from .layout import page, section

PREFIX = "whsec_"


def show_webhooks(request: Request, *, box: SecretBox, error: str = "") -> Response:
    endpoint = f"{request.origin}/sandbox.webhook/in"
    return page(
        "Webhooks",
        el("p", "A customer's endpoint. Create a webhook in the admin with this URL:", class_="lead"),
        el("p", el("code", endpoint, class_="secret", id="endpoint")),
        el(
            "p",
            el("a", "What it received", href="/?vendor=webhook"),
            ". It answers 204; ",
            el("a", "Faults", href="/control"),
            " makes it fail, hang or drop.",
        ),
        section("Signing secret", _known(box), el("p", error, class_="empty") if error else None, _form()),
        path="/webhooks",
        status=400 if error else 200,
    )


def keep_secret(request: Request, *, box: SecretBox) -> Response:
    text = request.form.get("secret", "").strip()
    if text and not _is_secret(text):
        return show_webhooks(request, box=box, error="That is no signing secret: whsec_ and base64.")
    box.text = text
    return redirect("/webhooks")


def _is_secret(text: str) -> bool:
    try:
        return text.startswith(PREFIX) and bool(base64.b64decode(text.removeprefix(PREFIX), validate=True))
    except binascii.Error:
        return False


def _known(box: SecretBox) -> Markup:
    if not box.text:
        return el("p", "Not known yet: what comes is taken unverified.", class_="empty")
    return el("p", "Messages are verified with ", el("code", mask_secret(box.text)), ".")


def _form() -> Markup:
    field = el("input", name="secret", placeholder="whsec_...", autocomplete="off", maxlength=200)
    return el(
        "form",
        el("label", "Secret, as the admin showed it once", field),
        el("div", el("button", "Verify with it"), class_="buttons"),
        method="post",
        action="/webhooks",
        class_="grid",
    )
