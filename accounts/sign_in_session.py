"""How long a session lasts: until nobody uses it, to a fixed age, and until its user is switched off."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

REFRESH_S = 60.0  # use is written at most this often, so that reading pages does not mean writing rows


class SessionAge:
    """Middleware, because it must see every request of a session, also those of libraries' pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session:
            keep_or_end(request, timezone.now().timestamp())
        return self.get_response(request)


def begin(session: SessionBase, now: float) -> None:
    """Both ages count from here."""
    session["signed_in_at"] = session["used_at"] = now


def keep_or_end(request: HttpRequest, now: float) -> None:
    """Sign out when the session is too old, or its user was switched off since; otherwise its use moves its
    idle end, which a write does.
    """
    session = request.session
    began = session.setdefault("signed_in_at", now)
    ended_at = getattr(request.user, "sessions_ended_at", None)  # nobody has none
    if now - began > settings.SESSION_ABSOLUTE_S or (ended_at and began <= ended_at.timestamp()):
        logout(request)
    elif now - session.get("used_at", 0.0) > REFRESH_S:
        session["used_at"] = now
