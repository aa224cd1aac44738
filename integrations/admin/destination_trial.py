"""Tries an event on a destination: what would be sent, field by field, or a test send and its answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone

from accounts.admin.acting import may, principal
from accounts.admin.scoped import ScopedAdmin
from integrations.core.normalise import BadEvent
from integrations.models import Attempt, Destination, Event
from integrations.services import previews
from integrations.services.attempt_stories import attempt_story
from integrations.services.definition_trials import example_of_now, read_event
from integrations.services.field_sources import Sources
from integrations.services.test_sends import send_test
from integrations.services.trial_page import trial_context
from integrations.services.vendors import compiled
from integrations.services.wording import pretty

RECENT = 10


class DestinationTrial(ScopedAdmin):
    """The page behind "Try an event"."""

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.trial_view)
        own = path("<path:object_id>/trial/", view, name="integrations_destination_trial")
        return [own, *super().get_urls()]

    def trial_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Preview needs preview:destination, a test send test:destination; both go the production path."""
        destination = self.visible_or_404(request, object_id)
        if not self.allowed(request, "preview", destination):
            raise PermissionDenied
        text = request.POST.get("event") or _beginning(request, destination)
        result: dict[str, Any] = {}
        if request.method == "POST":
            try:
                result = self._tried(request, destination, read_event(text))
            except ValidationError as refused:
                result = {"error": " ".join(refused.messages)}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": destination,
            "title": f"Try an event on {destination.name}",
            "text": text,
            "examples": [str(one["title"]) for one in _examples(destination)],
            "recent": _recent(request, destination),
            "something_waits": not destination.enabled
            or previews.as_it_waits(destination) is not destination,
            "may_test": self.allowed(request, "test", destination),
            **result,
        }
        return TemplateResponse(request, "admin/integrations/destination/trial.html", context)

    def _tried(
        self, request: HttpRequest, destination: Destination, raw: Mapping[str, Any]
    ) -> dict[str, Any]:
        now = timezone.now()
        try:
            event = previews.given_event(raw, now=now)
        except BadEvent as bad:
            raise ValidationError(bad.message) from None
        if request.POST.get("go") == "test":
            if not self.allowed(request, "test", destination):
                raise PermissionDenied
            sent = send_test(principal(request), destination, event, now=now)
            if isinstance(sent, Attempt):
                return {"attempt": attempt_story(sent, 1, shows_personal_data=True)}
            return trial_context(sent, previews.shown_requests(sent, shows_personal_data=True), Sources())
        is_published = request.POST.get("go") == "published"
        subject = (previews.as_published if is_published else previews.as_it_stands)(destination)
        prepared = previews.prepare(subject, destination, event, now=now)
        shown = previews.shown_requests(prepared, shows_personal_data=True)
        told = previews.sources(subject, prepared, event, now=now, shows_personal_data=True)
        return trial_context(prepared, shown, told)


def _beginning(request: HttpRequest, destination: Destination) -> str:
    """The example or the event that was chosen, else the vendor's first example."""
    examples, chosen = _examples(destination), request.GET.get("example", "")
    if (event_id := request.GET.get("of", "")) and (found := _recent(request, destination)):
        for event in found:
            if str(event.id) == event_id:
                return pretty(event.payload)
    index = int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 5 else 0
    return pretty(_granted(examples[min(index, len(examples) - 1)], destination)) if examples else "{}"


def _granted(example: Mapping[str, Any], destination: Destination) -> Mapping[str, Any]:
    """The example's event, of now and with the consent that the destination needs: files leave both out."""
    event = example_of_now(example, now=timezone.now())
    context = event.get("context", {})
    grants = {one.code: True for one in destination.consent_categories.all()}
    if not grants or not isinstance(context, dict) or "consent" in context:
        return event
    return {**event, "context": {**context, "consent": {"categoryPreferences": grants}}}


def _examples(destination: Destination) -> list[Mapping[str, Any]]:
    found: Any = compiled(destination.vendor_revision).document.get("examples", [])
    return [one for one in found if "event" in one]


def _recent(request: HttpRequest, destination: Destination) -> list[Event]:
    """The pipeline's latest events, for those who may see what is in them."""
    if not may(request, "read:events", destination.pipeline.organization_id):
        return []
    rows = Event.objects.filter(pipeline_id=destination.pipeline_id).order_by("-id")
    return list(rows[:RECENT])
