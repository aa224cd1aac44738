"""Tries the filter that stands in a destination's form: its sentence, and what it does with recent events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.views.decorators.http import require_POST

from accounts.admin.acting import may
from accounts.admin.scoped import ScopedAdmin
from integrations.admin.filter_field import FilterFormField, FilterWidget
from integrations.core.filter import compile_filter, sentence
from integrations.core.plan import Target
from integrations.models import ConsentCategory, Destination, Pipeline, VendorRevision
from integrations.services.filter_trials import Fate, try_filter
from integrations.services.previews import as_published
from integrations.services.snapshots import category_value
from integrations.services.vendors import compiled

FRAGMENT = "X-Fragment"  # what the script asks with
CHOOSE = "Choose the pipeline first: the filter is tried on its events."
PERSONAL = "This filter asks for personal data: to try it you need the read:events permission."


@dataclass(frozen=True, slots=True)
class Subject:
    """What the filter in the form is for: a destination, or one that is not made yet."""

    pipeline: Pipeline | None
    revision: VendorRevision
    destination: Destination | None


class FilterTrialPage(ScopedAdmin):
    """Two answers to a destination's form: the filter's sentence, and what becomes of recent events."""

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        own = [
            path("filter-sentence/", guarded(require_POST(self.filter_sentence)), name=SENTENCE),
            path("filter-trial/", guarded(require_POST(self.filter_trial)), name=TRIAL),
        ]
        return [*own, *super().get_urls()]

    def filter_sentence(self, request: HttpRequest) -> HttpResponse:
        """JSON: the sentence, or the problems of each row."""
        subject = self.subject(request)
        document, field, refused = _typed(request, subject.revision.slug)
        return JsonResponse(
            {
                "sentence": "" if refused else sentence(document),
                "problems": field.widget.problems,
                "refused": [] if field.widget.problems else refused,
            }
        )

    def filter_trial(self, request: HttpRequest) -> HttpResponse:
        """The page, or for the script the part of it that stands in the form."""
        subject = self.subject(request)
        document, field, refused = _typed(request, subject.revision.slug)
        result = {"refused": refused, "problems": field.widget.problems}
        if not refused:
            result = self._tried_filter(request, subject, document)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": subject.destination,
            "title": "What the filter would do",
            **result,
        }
        part = "_part" if request.headers.get(FRAGMENT) else ""
        return TemplateResponse(request, f"admin/integrations/destination/filter_trial{part}.html", context)

    def _tried_filter(
        self, request: HttpRequest, subject: Subject, document: dict[str, Any]
    ) -> dict[str, Any]:
        if subject.pipeline is None:
            return {"refused": [CHOOSE]}
        shows = may(request, "read:events", subject.pipeline.organization_id)
        wanted = compile_filter(document, subject.revision.slug)
        if wanted is not None and wanted.reads_personal_data and not shows:
            return {"refused": [PERSONAL]}
        trial = try_filter(subject.pipeline, _target(request, subject), wanted)
        return {
            "sentence": sentence(document),
            "tried": len(trial.events),
            "counts": {fate.value: trial.count(fate) for fate in Fate},
            "events": trial.events if shows else None,
        }

    def subject(self, request: HttpRequest) -> Subject:
        """Of the destination in the address, or of the vendor there and the pipeline in the form."""
        if object_id := request.GET.get("destination"):
            destination = self.visible_or_404(request, object_id)
            if not self.allowed(request, "update", destination):
                raise PermissionDenied
            return Subject(destination.pipeline, destination.vendor_revision, destination)
        if not self.has_add_permission(request):
            raise PermissionDenied
        revision = _chosen(self.admin_site, request, VendorRevision, request.GET.get("vendor_revision"))
        if revision is None:
            raise Http404("No such vendor revision.")
        pipeline = _chosen(self.admin_site, request, Pipeline, request.POST.get("pipeline"))
        if pipeline is not None and not may(request, "create:destination", pipeline.organization_id):
            raise PermissionDenied
        return Subject(pipeline, revision, None)


SENTENCE, TRIAL = "integrations_destination_filter_sentence", "integrations_destination_filter_trial"


def filter_addresses(destination: Destination | None, revision: VendorRevision) -> dict[str, str]:
    """Where the form's filter is tried."""
    query = f"?destination={destination.id}" if destination else f"?vendor_revision={revision.id}"
    return {
        "sentence_url": reverse(f"admin:{SENTENCE}") + query,
        "trial_url": reverse(f"admin:{TRIAL}") + query,
    }


def _typed(request: HttpRequest, vendor: str) -> tuple[dict[str, Any], FilterFormField, list[str]]:
    """The form's filter, its field with the problems of each row, and what is not right in general."""
    field = FilterFormField(required=False, widget=FilterWidget())
    document = field.widget.value_from_datadict(request.POST, request.FILES, "filter") or {}
    try:
        field.mark(document, vendor)
    except ValidationError as refused:
        return document, field, refused.messages
    return document, field, []


def _chosen(site: Any, request: HttpRequest, model: Any, key: str | None) -> Any:
    """A visible row, None when there is no such one."""
    try:
        return site.get_model_admin(model).get_queryset(request).filter(pk=key).first() if key else None
    except (ValueError, ValidationError):
        return None


def _target(request: HttpRequest, subject: Subject) -> Target:
    """The destination as it would be once published, or as the form would connect it."""
    if subject.destination is not None:
        return as_published(subject.destination).target
    assert subject.pipeline is not None
    vendor = compiled(subject.revision)
    keys = request.POST.getlist("consent_categories")
    return Target(
        id=uuid4(),
        name=request.POST.get("name", "")[:100] or vendor.name,
        slugs=frozenset({vendor.slug.lower(), vendor.name.lower()}),
        vendor=vendor,
        settings={},
        categories=tuple(category_value(one) for one in _categories(subject.pipeline, keys)),
        enabled=True,
    )


def _categories(pipeline: Pipeline, keys: list[str]) -> list[ConsentCategory]:
    rows = ConsentCategory.objects.filter(organization_id=pipeline.organization_id)
    return [one for one in rows if str(one.pk) in keys]
