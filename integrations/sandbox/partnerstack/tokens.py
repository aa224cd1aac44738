"""The tokens that authorize conversions: issued and revoked on a page, as step 2 of the integration asks."""

import secrets
from dataclasses import dataclass, replace
from hmac import compare_digest
from threading import Lock

from ..clock import now_text

DEMO_TOKEN = "demo-tracking-token"  # noqa: S105 (the sandbox's own, known to everybody)


@dataclass(frozen=True, kw_only=True)
class Token:
    number: int
    label: str
    value: str
    issued_at: str
    revoked_at: str = ""


class TokenBook:
    def __init__(self) -> None:
        self._lock = Lock()
        self._tokens: dict[int, Token] = {}
        self._add("Demo organization", DEMO_TOKEN)

    def issue(self, label: str) -> Token:
        return self._add(label.strip() or "Unnamed", f"ps_{secrets.token_urlsafe(24)}")

    def revoke(self, number: int) -> None:
        """Revoke a token; a second time changes nothing, and an unknown number is left alone."""
        with self._lock:
            token = self._tokens.get(number)
            if token and not token.revoked_at:
                self._tokens[number] = replace(token, revoked_at=now_text())

    def authorizes(self, value: str) -> bool:
        live = (token.value.encode() for token in self.all() if not token.revoked_at)
        return any(compare_digest(value.encode(), known) for known in live)

    def find(self, number: int) -> Token | None:
        with self._lock:
            return self._tokens.get(number)

    def all(self) -> list[Token]:
        with self._lock:
            return list(self._tokens.values())

    def _add(self, label: str, value: str) -> Token:
        with self._lock:
            token = Token(number=len(self._tokens) + 1, label=label, value=value, issued_at=now_text())
            self._tokens[token.number] = token
        return token
