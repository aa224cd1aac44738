"""The page that issues and revokes PartnerStack's tokens."""

from ..history import mask_secret
from ..markup import Markup, el
from ..partnerstack.tokens import DEMO_TOKEN, Token, TokenBook
from ..web import Request, Response, UnreadableBody, json_response, redirect
from .layout import button_form, clock_time, page, pill, section, table


def show_tokens(request: Request, *, tokens: TokenBook) -> Response:
    issued = request.query.get("issued", "")
    fresh = tokens.find(int(issued)) if issued.isdecimal() else None
    return page(
        "Tokens",
        el(
            "p",
            "A token authorizes conversions at partnerlinks.io. Paste it into a PartnerStack destination.",
            class_="lead",
        ),
        _fresh_token(fresh) if fresh else None,
        section("Issue a token", _issue_form()),
        section(
            "Tokens",
            table(("Label", "Token", "Issued", "State", ""), map(_token_row, tokens.all()), empty=""),
        ),
        path="/partnerstack/tokens",
    )


def _fresh_token(token: Token) -> Markup:
    return el(
        "div",
        el("p", f"Token for {token.label}. Copy it now:"),
        el("code", token.value, class_="secret", id="issued-token"),
        class_="fresh",
        role="status",
    )


def _issue_form() -> Markup:
    return el(
        "form",
        el(
            "label",
            "Label",
            el("input", name="label", placeholder="Production server", required=True, maxlength=80),
        ),
        el("div", el("button", "Issue a token"), class_="buttons"),
        method="post",
        action="/partnerstack/tokens",
        class_="grid",
    )


def _token_row(token: Token) -> tuple[object, ...]:
    revoke = button_form(f"/partnerstack/tokens/{token.number}/revoke", "Revoke", kind="quiet")
    state = pill("revoked", "bad") if token.revoked_at else pill("live", "good")
    shown = token.value if token.value == DEMO_TOKEN else mask_secret(token.value)
    return (
        token.label,
        el("code", shown),
        clock_time(token.issued_at),
        state,
        None if token.revoked_at else revoke,
    )


def issue_token(request: Request, *, tokens: TokenBook) -> Response:
    """Issue a token: a form leads back to the page that shows it once; JSON is answered with it."""
    if request.media_type != "application/json":
        token = tokens.issue(request.form.get("label", ""))
        return redirect(f"/partnerstack/tokens?issued={token.number}")
    try:
        asked = request.json()
    except UnreadableBody as error:
        return json_response({"error": str(error)}, 400)
    token = tokens.issue(str(asked.get("label", "")) if isinstance(asked, dict) else "")
    return json_response({"number": token.number, "label": token.label, "token": token.value}, 201)


def revoke_token(request: Request, number: str, *, tokens: TokenBook) -> Response:
    if number.isdecimal():
        tokens.revoke(int(number))
    return redirect("/partnerstack/tokens")
