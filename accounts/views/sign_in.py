"""What is shown to whoever tries too often."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def locked_out(request: HttpRequest, response: HttpResponse, credentials: Any) -> HttpResponse:
    """The page after too many wrong passwords, the same whether the user exists or not."""
    minutes = max(1, round(settings.AXES_COOLOFF_TIME.total_seconds() / 60))
    sentence = (
        f"There were {settings.AXES_FAILURE_LIMIT} wrong passwords for this address. "
        f"Wait {minutes} minutes, then try again."
    )
    return _refuse(request, sentence)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """The page after more requests a minute than a person makes."""
    return _refuse(request, "These were more tries than a person makes. Wait a minute, then try again.")


def _refuse(request: HttpRequest, sentence: str) -> HttpResponse:
    return render(request, "accounts/locked_out.html", {"sentence": sentence}, status=429)
