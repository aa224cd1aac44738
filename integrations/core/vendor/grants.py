"""A right to an access token with one destination's settings, and the request that asks for the token."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass, replace
from urllib.parse import quote_plus, urlencode

from delivery.core.request import Request
from integrations.core.mapping import Rejection, Scope
from integrations.core.operations.values import BadValue, to_text
from integrations.core.vendor.moment import Moment
from integrations.core.vendor.oauth2 import OAuth2
from integrations.core.vendor.plain_text import Text

GRANT_TYPES = {
    "refresh_token": "refresh_token",
    "client_credentials": "client_credentials",
    "jwt_bearer": "urn:ietf:params:oauth:grant-type:jwt-bearer",
}
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_ANSWER = 65_536  # bytes
DEADLINE_MS = 10_000


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Grant:
    """`key` is a digest of all that the token depends on: the same credentials are the same grant."""

    key: str
    vendor: str
    url: str
    declared: OAuth2
    scope: Scope
    secrets: tuple[str, ...]

    def at(self, url: str) -> Grant:
        """The same grant at another token endpoint: the sandbox's."""
        return replace(self, url=url)

    def request(self, moment: Moment | None, *, refresh_token: str = "") -> Request:
        """The request for a token, with a later refresh token where the vendor gave one since.

        Raises a rejection when a key can't sign. Without a moment placeholders stand in it.
        """
        fields = _fields(self.declared, self.scope, self.vendor, refresh_token)
        assertion = self._assertion(moment)
        fields.update(assertion)
        proof = _basic(self.declared, self.scope, self.vendor)
        is_json = self.declared.format == "json"
        kind = "application/json" if is_json else "application/x-www-form-urlencoded"
        body = json.dumps(fields) if is_json else urlencode(fields, safe="<> " if moment is None else "")
        secrets = [*self.secrets, refresh_token, proof, *list(assertion.values())[-1:]]
        return Request(
            method="POST",
            url=self.url,
            headers=(
                ("Content-Type", kind),
                ("Accept", "application/json"),
                *((("Authorization", f"Basic {proof}"),) if proof else ()),
            ),
            body=body.encode(),
            deadline_ms=DEADLINE_MS,
            body_limit=LONGEST_ANSWER,
            secrets=tuple(dict.fromkeys(form for one in secrets if one for form in (one, quote_plus(one)))),
        )

    def _assertion(self, moment: Moment | None) -> dict[str, str]:
        if self.declared.assertion is None:
            return {}
        token = self.declared.assertion.token(self.scope, self.vendor, moment)
        if self.declared.grant == "jwt_bearer":
            return {"assertion": token}
        return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": token}


def grant_of(declared: OAuth2, scope: Scope, vendor: str, secrets: tuple[str, ...] = ()) -> Grant:
    """The grant with these settings; raises a rejection that names the setting that is missing."""
    url = declared.token_url.run(scope)
    if not isinstance(url, str) or not url:
        places = " and ".join(declared.token_url.looks_in)
        raise Rejection(f"{vendor} needs {places} for the address of its access tokens. Fill it in.")
    identity = [
        url,
        _fields(declared, scope, vendor, ""),
        _basic(declared, scope, vendor),
        declared.assertion.identity(scope, vendor) if declared.assertion else {},
    ]
    digest = hashlib.sha256(json.dumps(identity, sort_keys=True, default=str).encode("utf-8", "replace"))
    return Grant(
        key=digest.hexdigest(), vendor=vendor, url=url, declared=declared, scope=scope, secrets=secrets
    )


def _fields(declared: OAuth2, scope: Scope, vendor: str, refresh_token: str) -> dict[str, str]:
    """The parameters of a token request but for assertions, in the order of the standard."""
    texts: dict[str, Text | None] = {}
    if declared.send_client == "body":
        texts = {"client_id": declared.client_id, "client_secret": declared.client_secret}
    texts.update(refresh_token=declared.refresh_token, scope=declared.scope)
    fields = {"grant_type": GRANT_TYPES[declared.grant]}
    fields.update({name: text.value(scope, vendor) for name, text in texts.items() if text is not None})
    if refresh_token:
        fields["refresh_token"] = refresh_token
    extra = declared.parameters.run(scope)
    for name, value in extra.items() if isinstance(extra, dict) else ():
        try:
            fields[str(name)] = to_text(value)
        except BadValue as bad:
            raise Rejection(f"{vendor} can't take the parameter {name} of a token: {bad}.") from None
    return fields


def _basic(declared: OAuth2, scope: Scope, vendor: str) -> str:
    """Client id and secret in Basic, form-encoded before they are joined (RFC 6749 section 2.3.1)."""
    if declared.send_client != "basic":
        return ""
    parts = [
        quote_plus(text.value(scope, vendor)) if text is not None else ""
        for text in (declared.client_id, declared.client_secret)
    ]
    return base64.b64encode(":".join(parts).encode()).decode()
