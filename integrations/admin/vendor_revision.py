"""Vendor revisions: what a definition says, for reading."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.decorators import display

from integrations.admin.configured import ConfiguredAdmin
from integrations.core.vendor import DefinitionError
from integrations.models import VendorRevision
from integrations.services.vendors import compiled
from integrations.services.wording import pretty


@admin.register(VendorRevision)
class VendorRevisionAdmin(ConfiguredAdmin):
    noun = "vendor"
    list_display = ["name", "slug", "revision", "made_by", "created_at"]
    list_select_related = ["organization"]
    search_fields = ["name", "slug"]
    actions = None

    def visible(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Built-in vendors are everybody's."""
        own = super().visible(request, VendorRevision.objects.all())
        return queryset.filter(Q(organization=None) | Q(id__in=own.values("id")))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    @display(description="made by", label={"s2sadmin": "info"})
    def made_by(self, revision: VendorRevision) -> str:
        return revision.organization.name if revision.organization else "s2sadmin"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        revision = self.visible_or_404(request, object_id)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": revision,
            "title": str(revision),
            **_definition(revision),
        }
        return TemplateResponse(request, "admin/integrations/vendorrevision/page.html", context)


def _definition(revision: VendorRevision) -> dict[str, Any]:
    """The parts that are shown as such; only the document when it does not compile any more."""
    try:
        vendor = compiled(revision)
    except DefinitionError as error:
        return {"problem": str(error)}
    document = vendor.document
    return {
        "vendor": vendor,
        "lists": {
            "Prerequisites": document.get("prerequisites", []),
            "Capabilities": document.get("capabilities", []),
            "Known limits": document.get("known_limits", []),
            "Decisions": document.get("decisions", []),
            "Not verified": document.get("unverified", []),
        },
        "examples": [_example(example) for example in document.get("examples", [])],
    }


def _example(example: dict[str, Any]) -> dict[str, Any]:
    result = example.get("requests") or example.get("skipped") or example.get("rejected")
    kind = next((name for name in ("requests", "skipped", "rejected") if name in example), "")
    return {
        "title": example["title"],
        "source": example["source"],
        "event": pretty(example["event"]),
        "kind": {"requests": "Sent", "skipped": "Skipped", "rejected": "Refused"}.get(kind, ""),
        "result": pretty(result),
    }
