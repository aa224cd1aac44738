"""OAuth 2.0 as a vendor file declares it: how an access token is asked for, and where it travels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integrations.core.mapping import Context, DefinitionError, Expression, compile_object
from integrations.core.mapping.errors import Path
from integrations.core.vendor.assertions import Assertion, compile_assertion
from integrations.core.vendor.definition import Setting
from integrations.core.vendor.headers import checked_header
from integrations.core.vendor.moment import ANY_TOKEN
from integrations.core.vendor.plain_text import Text, compile_text
from integrations.core.vendor.urls import compile_url

NEEDED: Mapping[str, tuple[str, ...]] = {
    "refresh_token": ("refresh_token",),
    "jwt_bearer": ("assertion",),
    "client_credentials": (),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class OAuth2:
    """How a vendor's access token is obtained, and the header that it travels in."""

    token_url: Expression
    grant: str
    client_id: Text | None
    client_secret: Text | None
    send_client: str
    refresh_token: Text | None
    scope: Text | None
    parameters: Expression
    assertion: Assertion | None
    format: str
    header: str
    scheme: str
    lifetime_s: int


def compile_oauth2(
    document: Mapping[str, Any], settings: Mapping[str, Setting], context: Context, path: Path
) -> OAuth2:
    def text(key: str) -> Text | None:
        return compile_text(document[key], context, (*path, key)) if key in document else None

    _check(document, path)
    assertion = document.get("assertion")
    return OAuth2(
        token_url=compile_url(document["token_url"], dict(settings), context, (*path, "token_url")),
        grant=document["grant"],
        client_id=text("client_id"),
        client_secret=text("client_secret"),
        send_client=document.get("send_client", "body"),
        refresh_token=text("refresh_token"),
        scope=text("scope"),
        parameters=compile_object(document.get("parameters", {}), context, (*path, "parameters")),
        assertion=compile_assertion(assertion, context, (*path, "assertion")) if assertion else None,
        format=document.get("format", "form"),
        header=document.get("header", "Authorization"),
        scheme=document.get("scheme", "Bearer"),
        lifetime_s=document.get("lifetime_s", 3_600),
    )


def token_header(declared: OAuth2, token: str | None, vendor: str) -> tuple[str, str]:
    """The header that carries a token, or its place."""
    shown = token or ANY_TOKEN
    return checked_header(declared.header, f"{declared.scheme} {shown}".strip(), vendor)


def _check(document: Mapping[str, Any], path: Path) -> None:
    grant = document["grant"]
    for key in NEEDED[grant]:
        if key not in document:
            raise DefinitionError(path, f"`{key}` is missing: the grant {grant} needs it")
    if grant == "client_credentials" and "client_secret" not in document and "assertion" not in document:
        raise DefinitionError(path, "`client_secret` or `assertion` must say how the client proves itself")
    if document.get("send_client") == "basic" and "client_secret" not in document:
        raise DefinitionError(path, "`client_secret` is missing: `send_client: basic` needs it")
