"""Who asks: the holder of a token, or a user who is signed in. `request.auth` is the Principal."""

from __future__ import annotations

from django.contrib.auth.models import AnonymousUser
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.core.principal import Principal
from accounts.models import User
from accounts.services.access import principal_of
from accounts.services.tokens import principal_of_token
from accounts.sign_in import client_address

CHALLENGE = 'Bearer realm="s2sadmin"'
REFUSED = "This token is malformed, unknown, revoked or expired. Ask an Admin for a new one."


class BearerToken(BaseAuthentication):
    """`Authorization: Bearer s2s_...`"""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Principal] | None:
        """None without a bearer token. A token that may nothing any more stands for nobody."""
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        principal = principal_of_token(text.strip(), address=client_address(request))
        if principal is None or not any(principal.granted.values()):
            raise AuthenticationFailed(REFUSED)
        return AnonymousUser(), principal

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class SignedIn(SessionAuthentication):
    """The session of the admin, so that the docs page works; writes need its CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, Principal] | None:
        found = super().authenticate(request)
        return (found[0], principal_of(found[0], address=client_address(request))) if found else None
