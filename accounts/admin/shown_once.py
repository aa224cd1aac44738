"""The page of a text that is shown once: a token, an invitation's link."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.admin.cells import copyable


def shown_once(
    request: HttpRequest, owner: admin.ModelAdmin, title: str, why: str, text: str
) -> TemplateResponse:
    """An answer that no cache keeps and no reload repeats; the address becomes the list's."""
    meta = owner.model._meta
    context = {
        **owner.admin_site.each_context(request),
        "opts": meta,
        "title": title,
        "why": why,
        "text": copyable(text),
        "list": reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist"),
    }
    return TemplateResponse(request, "admin/accounts/shown_once.html", context)
