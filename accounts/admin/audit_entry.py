"""The audit log: who did what, when, from where, and what changed."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import display

from accounts.admin.audit_changes import changes_in_words
from accounts.admin.audit_filters import (
    ActionFilter,
    ActorFilter,
    AuditedOrganizationFilter,
    DateRangeFilter,
    export_query,
)
from accounts.admin.cells import chip, exact, link
from accounts.admin.log_table import LogTableAdmin
from accounts.models import AuditEntry, Organization

SHOWN = 3  # fields that the list names
FORMATS = {"csv": "Export CSV", "json": "Export JSON"}


@admin.register(AuditEntry)
class AuditEntryAdmin(LogTableAdmin):
    noun = "audit"
    list_display = ["time", "who", "action", "what", "changed", "organization", "address"]
    list_display_links = ["time"]
    list_filter = [AuditedOrganizationFilter, ActionFilter, ActorFilter, DateRangeFilter]
    list_before_template = "admin/accounts/auditentry/export.html"
    search_fields = ["actor", "target", "action"]
    search_help_text = "Part of who did it, of what it was done to, or of the action"

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        """The words as one, as the API searches."""
        term = search_term.strip()
        found = Q(actor__icontains=term) | Q(target__icontains=term) | Q(action__icontains=term)
        return (queryset.filter(found) if term else queryset), False

    def prepare_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        known = Organization.objects.in_bulk({row.organization_id for row in rows} - {None})
        for row in rows:
            row.known_organization = known.get(row.organization_id)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        answer = super().changelist_view(request, extra_context)
        if isinstance(answer, TemplateResponse):
            answer.context_data["exports"] = self._exports(request, answer.context_data["cl"])
        return answer

    def _exports(self, request: HttpRequest, changelist: Any) -> list[tuple[str, str]]:
        """Addresses of the API, which streams the same entries as files."""
        offered = {value for value, _ in changelist.filter_specs[0].lookup_choices}
        query = export_query(request.GET, offered)
        url = reverse("api_audit-export")
        return [(label, f"{url}?{urlencode({**query, 'format': name})}") for name, label in FORMATS.items()]

    # --- Columns ---
    @display
    def time(self, entry: AuditEntry) -> str:
        return exact(entry.at)

    @display
    def who(self, entry: AuditEntry) -> str:
        return (
            format_html("{} {}", entry.actor, chip(("sandbox", "Staff"))) if entry.is_staff else entry.actor
        )

    @display
    def what(self, entry: AuditEntry) -> str:
        return entry.target or "-"

    @display
    def changed(self, entry: AuditEntry) -> str:
        fields = [one.field for one in changes_in_words(entry.changes)]
        more = f" and {len(fields) - SHOWN} more" if len(fields) > SHOWN else ""
        return ", ".join(fields[:SHOWN]) + more or "-"

    @display(empty_value="the installation")
    def organization(self, entry: Any) -> Organization | str | None:
        return entry.known_organization or ("deleted" if entry.organization_id else None)

    @display(description="from")
    def address(self, entry: AuditEntry) -> str:
        return entry.address or "-"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        entry = self.visible_or_404(request, object_id)
        self.prepare_rows(request, [entry])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": entry,
            "title": str(entry),
            "entry": entry,
            "organization": self.organization(entry) or "the installation",
            "target": self._target(request, entry),
            "changes": changes_in_words(entry.changes),
        }
        return TemplateResponse(request, "admin/accounts/auditentry/page.html", context)

    def _target(self, request: HttpRequest, entry: AuditEntry) -> str:
        """A link when the target is still there and the user may see it."""
        for model, owner in self.admin_site._registry.items():
            if model._meta.model_name == entry.target_type and owner.get_object(request, entry.target_id):
                return link(
                    f"{model._meta.app_label}_{entry.target_type}_change", entry.target_id, entry.target
                )
        return entry.target
