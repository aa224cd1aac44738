"""Vendor revisions: what a definition says, for reading."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.decorators import display

from accounts.admin.acting import principal
from integrations.admin.vendor_editor import VendorEditor
from integrations.core.vendor import DefinitionError
from integrations.models import VendorRevision
from integrations.services.catalogue import CatalogueError
from integrations.services.custom_vendors import Change, changes_between, remove_vendor
from integrations.services.vendors import compiled
from integrations.services.wording import pretty


@admin.register(VendorRevision)
class VendorRevisionAdmin(VendorEditor):
    noun = "vendor"
    list_display = ["name", "slug", "revision", "made_by", "created_at"]
    list_select_related = ["organization"]
    search_fields = ["name", "slug"]
    actions = None

    def visible(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Built-in vendors are everybody's."""
        own = super().visible(request, VendorRevision.objects.all())
        return queryset.filter(Q(organization=None) | Q(id__in=own.values("id")))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Built-in vendors come with the product."""
        is_built_in = isinstance(obj, VendorRevision) and obj.organization_id is None
        return not is_built_in and super().has_delete_permission(request, obj)

    def remove_row(self, request: HttpRequest, obj: VendorRevision) -> None:
        """A vendor goes with all its revisions."""
        remove_vendor(principal(request), obj)

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
            "may_edit": revision.organization_id is not None and self.allowed(request, "update", revision),
            "may_delete": self.has_delete_permission(request, revision),
            "others": list(self._every(request, revision).defer("document")),
            **_definition(revision),
            **self._differences(request, revision),
        }
        return TemplateResponse(request, "admin/integrations/vendorrevision/page.html", context)

    def _every(self, request: HttpRequest, revision: VendorRevision) -> QuerySet[VendorRevision]:
        """All revisions of the vendor, newest first."""
        return self.get_queryset(request).filter(organization_id=revision.organization_id, slug=revision.slug)

    def _differences(self, request: HttpRequest, revision: VendorRevision) -> dict[str, Any]:
        """What differs from the revision before, or from the one that was asked for."""
        others = self._every(request, revision)
        asked = request.GET.get("from", "")
        older = (
            others.filter(revision=int(asked)).first()
            if asked.isdecimal() and len(asked) < 10
            else others.filter(revision__lt=revision.revision).first()
        )
        if older is None or older.pk == revision.pk:
            return {"older": None, "changes": []}
        return {"older": older, "changes": _changes(older, revision)}


def _changes(older: VendorRevision, newer: VendorRevision) -> list[dict[str, str]]:
    try:
        found = changes_between(compiled(older).document, compiled(newer).document)
    except (DefinitionError, CatalogueError):
        return []
    return [_shown(change) for change in found]


def _shown(change: Change) -> dict[str, str]:
    before = "" if change.before is None else pretty(change.before)
    after = "" if change.after is None else pretty(change.after)
    return {"place": change.place, "before": before, "after": after}


def _definition(revision: VendorRevision) -> dict[str, Any]:
    """The parts that are shown as such; only the document when it does not compile any more."""
    try:
        vendor = compiled(revision)
    except (DefinitionError, CatalogueError) as error:
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
