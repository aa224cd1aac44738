"""Answers of unfold's dialogs, which are asked by htmx."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse


def finish(request: HttpRequest, url: str, done: str, act: Callable[[], object]) -> HttpResponse:
    """Do it, say that it is done or what was refused, and show the page of this URL."""
    try:
        act()
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    else:
        messages.success(request, done)
    return HttpResponse(headers={"HX-Redirect": url})
