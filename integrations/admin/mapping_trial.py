"""Tries the mapping changes that stand in a destination's form: their sentences, and what would be sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.admin.acting import may
from integrations.admin.filter_trial import FRAGMENT, FilterTrialPage, Subject
from integrations.admin.mapping_field import MappingFormField, MappingWidget
from integrations.core.event import Event as GivenEvent
from integrations.core.normalise import BadEvent
from integrations.core.vendor import Mode, Vendor
from integrations.core.vendor.changes import sentence
from integrations.core.vendor.changes.apply import changed
from integrations.core.vendor.changes.outputs import fields_by_rule, rules_by_field
from integrations.models import Destination, Event, Pipeline, VendorRevision
from integrations.services import previews
from integrations.services.definition_trials import example_of_now, stand_ins
from integrations.services.field_sources import sources
from integrations.services.preparing import rendered
from integrations.services.trial_page import trial_context
from integrations.services.vendors import compiled

RECENT = 10
EXAMPLES = 40
GONE = "Choose an example or an event: the chosen one is not there any more."
SENTENCE, TRIAL = "integrations_destination_mapping_sentence", "integrations_destination_mapping_trial"


class MappingTrialPage(FilterTrialPage):
    """Two answers to a destination's form: the changes as sentences, and an event with them."""

    def get_urls(self) -> list[URLPattern]:
        guarded = self.admin_site.admin_view
        own = [
            path("mapping-sentence/", guarded(require_POST(self.mapping_sentence)), name=SENTENCE),
            path("mapping-trial/", guarded(require_POST(self.mapping_trial)), name=TRIAL),
        ]
        return [*own, *super().get_urls()]

    def mapping_sentence(self, request: HttpRequest) -> HttpResponse:
        """JSON: the sentences, or the problems of each row."""
        subject = self.subject(request)
        documents, field, refused = _typed(request, _vendor(subject))
        told = {
            "sentence": "" if refused else sentence(documents),
            "problems": field.widget.problems,
            "refused": [] if field.widget.problems else refused,
        }
        return JsonResponse(told)

    def mapping_trial(self, request: HttpRequest) -> HttpResponse:
        """The page, or for the script the part of it that stands in the form. Filter and consent are not
        asked: what is looked at is the mapping.
        """
        subject = self.subject(request)
        vendor = _vendor(subject)
        documents, field, refused = _typed(request, vendor)
        result: dict[str, Any] = {"refused": refused, "problems": field.widget.problems}
        if not refused:
            try:
                result = self._tried_mapping(request, subject, changed(vendor, documents))
            except ValidationError as error:
                result = {"refused": error.messages}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": subject.destination,
            "title": "What would be sent",
            "told_changes": sentence(documents),
            **result,
        }
        part = "_part" if request.headers.get(FRAGMENT) else ""
        return TemplateResponse(request, f"admin/integrations/destination/mapping_trial{part}.html", context)

    def _tried_mapping(self, request: HttpRequest, subject: Subject, vendor: Vendor) -> dict[str, Any]:
        now = timezone.now()
        event = _event(request, subject, vendor)
        settings, mode = _as_configured(subject, vendor)
        prepared = rendered(vendor, event, settings, now=now, mode=mode)
        shown = previews.shown_requests(prepared, shows_personal_data=True)
        told = sources(prepared, event, settings, now=now, mode=mode, shows_personal_data=True)
        return trial_context(prepared, shown, told)


def mapping_offer(
    request: HttpRequest, pipeline: Pipeline | None, destination: Destination | None, revision: VendorRevision
) -> dict[str, Any]:
    """What the editor offers: the file's rules and fields, examples, recent events, and where to try."""
    vendor = compiled(revision)
    rules = fields_by_rule(vendor.document)
    query = f"?destination={destination.id}" if destination else f"?vendor_revision={revision.id}"
    return {
        "rules": rules,
        "vendor_fields": [(name, _where(of, len(rules))) for name, of in rules_by_field(rules).items()],
        "examples": [(str(at), one["title"]) for at, one in enumerate(_examples(vendor))],
        "recent": _recent(request, pipeline),
        "mapping_sentence_url": reverse(f"admin:{SENTENCE}") + query,
        "mapping_trial_url": reverse(f"admin:{TRIAL}") + query,
    }


def _where(rules: Sequence[str], of: int) -> str:
    return (
        "in every event"
        if len(rules) == of
        else f"in {rules[0]}" + f" and {len(rules) - 1} more" * (len(rules) > 1)
    )


def _typed(request: HttpRequest, vendor: Vendor) -> tuple[list[dict[str, Any]], MappingFormField, list[str]]:
    """The form's changes, their field with the problems of each row, and what is not right in general."""
    field = MappingFormField(required=False, widget=MappingWidget())
    documents = field.widget.value_from_datadict(request.POST, request.FILES, "mapping_changes") or []
    try:
        field.mark(documents, vendor)
    except ValidationError as refused:
        return documents, field, refused.messages
    return documents, field, []


def _event(request: HttpRequest, subject: Subject, vendor: Vendor) -> GivenEvent:
    """The chosen example, of now, or the chosen event for those who may see it."""
    kind, _, key = request.POST.get("mapping_event", "example:0").partition(":")
    if kind == "example":
        examples = _examples(vendor)
        if not key.isdecimal() or not key.isascii() or int(key[:4]) >= len(examples):
            raise ValidationError(GONE)
        try:
            return previews.given_event(
                example_of_now(examples[int(key[:4])], now=timezone.now()), now=timezone.now()
            )
        except BadEvent as bad:
            raise ValidationError(bad.message) from None
    chosen = next((one for one in _recent(request, subject.pipeline) if str(one.id) == key), None)
    event = previews.stored_event(chosen.id) if chosen else None
    if event is None:
        raise ValidationError(GONE)
    return event


def _vendor(subject: Subject) -> Vendor:
    """At the revision whose settings are looked at: it says which of them are secret."""
    if subject.destination is None:
        return compiled(subject.revision)
    return compiled(previews.as_it_waits(subject.destination).vendor_revision)


def _as_configured(subject: Subject, vendor: Vendor) -> tuple[Mapping[str, object], Mode]:
    """The destination's settings and mode once published; stand-ins before it is made."""
    if subject.destination is None:
        return stand_ins(vendor), Mode.LIVE
    source = previews.as_it_waits(subject.destination)
    return {**source.settings, **source.secrets}, Mode(source.mode)


def _examples(vendor: Vendor) -> list[Mapping[str, Any]]:
    found: Any = vendor.document.get("examples", [])
    return [one for one in found if "event" in one][:EXAMPLES]


def _recent(request: HttpRequest, pipeline: Pipeline | None) -> list[Event]:
    """The pipeline's latest events, for those who may see what is in them."""
    if pipeline is None or not may(request, "read:events", pipeline.organization_id):
        return []
    return list(Event.objects.filter(pipeline_id=pipeline.id).order_by("-id")[:RECENT])
