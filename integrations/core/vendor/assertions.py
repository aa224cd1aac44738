"""Signed JSON Web Tokens by which a client or a service account asks for an access token (RFC 7523)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import jwt

from integrations.core.mapping import Context, Expression, Rejection, Scope, compile_object
from integrations.core.mapping.errors import Path
from integrations.core.vendor.moment import ANY_SIGNATURE, Moment
from integrations.core.vendor.plain_text import Text, compile_text

PEM = re.compile(r"-----BEGIN ([A-Z ]{1,40})-----(.*?)-----END \1-----", re.DOTALL)
SHORTEST_HMAC_KEY = 32  # bytes that the library wants for HS256
TEXTS = ("issuer", "subject", "audience")
NAMES = {"issuer": "iss", "subject": "sub", "audience": "aud"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Assertion:
    """What is claimed, and the key that signs it. `iat`, `exp` and `jti` are of the moment of sending."""

    algorithm: str
    key: Text
    key_id: Text | None
    texts: Mapping[str, Text]
    claims: Expression
    lifetime: timedelta

    def identity(self, scope: Scope, vendor: str) -> dict[str, object]:
        """All that the assertion depends on but the moment: another key or claim is another grant."""
        return {**self._claims(scope, vendor), "key": self.key.value(scope, vendor)}

    def token(self, scope: Scope, vendor: str, moment: Moment | None) -> str:
        """The compact JWT; without a moment a placeholder."""
        if moment is None:
            return ANY_SIGNATURE
        issued_at = int(moment.now.timestamp())
        claims = {
            **self._claims(scope, vendor),
            "iat": issued_at,
            "exp": issued_at + int(self.lifetime.total_seconds()),
            "jti": moment.new_nonce(),
        }
        headers = {"kid": self.key_id.value(scope, vendor)} if self.key_id else None
        key = self.key.value(scope, vendor)
        try:
            return jwt.encode(claims, _key(key, self.algorithm), algorithm=self.algorithm, headers=headers)
        except Exception as error:  # whatever a cryptographic backend makes of a text that is no key
            places = " and ".join(self.key.expression.looks_in)
            advice = (
                f"it is no key for {self.algorithm}. Paste the whole private key, BEGIN and END lines too."
            )
            raise Rejection(f"{vendor} can't sign with {places}: {advice}") from error

    def _claims(self, scope: Scope, vendor: str) -> dict[str, object]:
        declared = self.claims.run(scope)
        return {
            **{NAMES[name]: text.value(scope, vendor) for name, text in self.texts.items()},
            **(declared if isinstance(declared, dict) else {}),
        }


def compile_assertion(document: Mapping[str, Any], context: Context, path: Path) -> Assertion:
    key_id = document.get("key_id")
    return Assertion(
        algorithm=document["algorithm"],
        key=compile_text(document["key"], context, (*path, "key")),
        key_id=compile_text(key_id, context, (*path, "key_id")) if key_id is not None else None,
        texts={
            name: compile_text(document[name], context, (*path, name)) for name in TEXTS if name in document
        },
        claims=compile_object(document.get("claims", {}), context, (*path, "claims")),
        lifetime=timedelta(seconds=document.get("lifetime_s", 600)),
    )


def pem(text: str) -> str:
    r"""A PEM key as it must be, from one whose line ends were written as \n or lost in a one-line field."""
    match = PEM.search(text.replace("\\n", "\n"))
    if match is None:
        return text
    body = "".join(match[2].split())
    lines = [body[start : start + 64] for start in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {match[1]}-----", *lines, f"-----END {match[1]}-----", ""])


def _key(text: str, algorithm: str) -> str | bytes:
    """The key for the library. HMAC itself fills a short key up with zeros; given so, it is not warned of."""
    return text.encode().ljust(SHORTEST_HMAC_KEY, b"\0") if algorithm.startswith("HS") else pem(text)
