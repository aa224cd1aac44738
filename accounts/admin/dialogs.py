"""Answers of unfold's dialogs, which are asked by htmx."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from unfold.forms import BaseDialogForm


def question(
    title: str, description: str, *, submit: str, form: type[BaseDialogForm] | None = None
) -> dict[str, Any]:
    """A dialog of unfold's `action`: what is asked, what a yes does, and the word on its button."""
    return {"title": title, "description": description, "form_submit_text": submit, "form_class": form}


def finish(request: HttpRequest, url: str, done: str, act: Callable[[], object]) -> HttpResponse:
    """Do it, say that it is done or what was refused, and show the page of this URL."""
    try:
        act()
    except ValidationError as refused:
        messages.error(request, " ".join(refused.messages))
    else:
        messages.success(request, done)
    return HttpResponse(headers={"HX-Redirect": url})
