"""The pages that write vendor definitions: a new one, the next revision, by text or by file; and download."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from accounts.admin.acting import may, principal
from accounts.models import Organization
from accounts.services import access
from integrations.admin.configured import ConfiguredAdmin
from integrations.core.vendor import DefinitionError
from integrations.models import VendorRevision
from integrations.services.catalogue import LONGEST_FILE, CatalogueError
from integrations.services.custom_vendors import add_revision, newest_own, read_definition
from integrations.services.definition_trials import first_event, read_event, try_definition
from integrations.services.trial_page import trial_context
from integrations.services.vendors import compiled
from integrations.services.wording import pretty

SAME = "Nothing differs from {revision}, so no revision was made."
UNREADABLE = "The file is not UTF-8 text. Upload a vendor file, YAML."
TOO_LONG = f"The file is longer than {LONGEST_FILE:,} bytes."


class VendorEditor(ConfiguredAdmin):
    """Definitions are written as text; what is wrong is told with line, column and field."""

    def get_urls(self) -> list[URLPattern]:
        own = {"edit": self.edit_view, "download": self.download_view}
        return [
            *(
                path(
                    f"<path:object_id>/{name}/",
                    self.admin_site.admin_view(view),
                    name=f"integrations_vendorrevision_{name}",
                )
                for name, view in own.items()
            ),
            *super().get_urls(),
        ]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A new vendor of an organization."""
        organizations = self._organizations(request)
        if not organizations:
            raise PermissionDenied
        if request.method == "POST":
            chosen = {str(one.pk): one for one in organizations}.get(request.POST.get("organization", ""))
            if chosen is None and len(organizations) == 1:
                chosen = organizations[0]
            if chosen is None:
                return self._editor(request, None, organizations, error="Choose an organization.")
            return self._write(request, chosen, None, organizations)
        return self._editor(request, None, organizations)

    def edit_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The next revision, from the text of this one."""
        revision = self.visible_or_404(request, object_id)
        if revision.organization is None:
            raise PermissionDenied
        if not may(request, "update:vendor", revision.organization_id):
            raise PermissionDenied
        if request.method == "POST":
            return self._write(request, revision.organization, revision, [])
        return self._editor(request, revision, [])

    def download_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The definition as its file."""
        revision = self.visible_or_404(request, object_id)
        response = HttpResponse(revision.document, content_type="application/yaml; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{revision.slug}.yaml"'
        return response

    # --- Writing ---
    def _write(
        self,
        request: HttpRequest,
        organization: Organization,
        revision: VendorRevision | None,
        organizations: list[Organization],
    ) -> HttpResponse:
        try:
            text = _given(request)
            if request.POST.get("go") == "try":
                return self._editor(request, revision, organizations, text=text, **_tried(request, text))
            before = newest_own(organization, revision.slug) if revision else None
            made = add_revision(
                principal(request), organization, text, of=revision.slug if revision else None
            )
        except ValidationError as refused:
            return self._editor(request, revision, organizations, error=" ".join(refused.messages))
        if made == before:
            messages.warning(request, SAME.format(revision=made))
        else:
            messages.success(request, f"{made} is made. Destinations stay on the revision that they pin.")
        return HttpResponseRedirect(reverse("admin:integrations_vendorrevision_change", args=[made.pk]))

    def _editor(
        self,
        request: HttpRequest,
        revision: VendorRevision | None,
        organizations: list[Organization],
        error: str = "",
        text: str = "",
        **tried: Any,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": revision,
            "title": f"Next revision of {revision.name}" if revision else "New vendor",
            "organizations": organizations,
            "organization": request.POST.get("organization", ""),
            "text": text or request.POST.get("document") or (revision.document if revision else ""),
            "event": request.POST.get("try_event") or pretty(_first_event(revision)),
            "error": error,
            **tried,
        }
        return TemplateResponse(request, "admin/integrations/vendorrevision/editor.html", context)

    def _organizations(self, request: HttpRequest) -> list[Organization]:
        rows: QuerySet[Any] = Organization.objects.order_by("name")
        return list(access.visible(rows, principal(request), "create:vendor", "id"))


def _tried(request: HttpRequest, text: str) -> dict[str, Any]:
    """A pasted event through the text as it stands in the form. ValidationError for a wrong definition."""
    vendor = read_definition(text)
    try:
        event = read_event(request.POST.get("try_event", ""))
        trial = try_definition(vendor, event, {}, now=timezone.now())
    except ValidationError as refused:
        return {"try_error": " ".join(refused.messages)}
    return trial_context(trial.prepared, trial.requests, trial.sources)


def _first_event(revision: VendorRevision | None) -> Mapping[str, object]:
    try:
        return first_event(compiled(revision) if revision else None)
    except (CatalogueError, DefinitionError):  # a revision that does not compile any more
        return first_event(None)


def _given(request: HttpRequest) -> str:
    """The uploaded file when there is one, else the text."""
    file = request.FILES.get("file")
    if file is None:
        return request.POST.get("document", "")
    if (file.size or 0) > LONGEST_FILE:
        raise ValidationError(TOO_LONG)
    try:
        return bytes(file.read()).decode()
    except UnicodeDecodeError:
        raise ValidationError(UNREADABLE) from None
