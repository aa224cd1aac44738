"""The form that asks for a replay: by filter, or of what was selected on a list or a page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils import timezone
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from accounts.admin.acting import principal
from accounts.models import Organization
from accounts.services import access
from integrations.core.event import TYPES
from integrations.core.replay import FAILED, NEVER_SENT
from integrations.models import DeliveryRecord, Destination, Event, Pipeline
from integrations.services.replays.jobs import MOST_SELECTED, Asked

REPLAY = "replay:delivery"
DELIVERED = "delivered"
WHICH = [
    ("rejected", "Refused: by the vendor, or before sending"),
    ("exhausted", "Given up after all attempts"),
    ("cancelled", "Cancelled"),
    (DELIVERED, "Delivered: they are sent once more"),
    (NEVER_SENT, "Never sent there: skipped then, or the destination was connected later"),
]
MOMENT = "%Y-%m-%dT%H:%M"


def _moment(label: str, help_text: str, *, required: bool) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT)
    return forms.DateTimeField(
        label=label,
        help_text=help_text,
        widget=widget,
        input_formats=[MOMENT, f"{MOMENT}:%S"],
        required=required,
    )


class ReplayForm(forms.Form):
    """`selected` are deliveries or events; with them the fields that would filter are left out."""

    pipeline = forms.ModelChoiceField(Pipeline.objects.none(), widget=UnfoldAdminSelectWidget)
    destinations = forms.ModelMultipleChoiceField(
        Destination.objects.none(),
        required=False,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text="None chosen: all destinations of the pipeline.",
    )
    since = _moment("Events from (UTC)", "When they came.", required=True)
    until = _moment("Events until (UTC)", "Empty: until now.", required=False)
    which = forms.MultipleChoiceField(
        label="Deliveries that were",
        choices=WHICH,
        initial=[outcome.value for outcome in FAILED],
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        error_messages={"required": "Choose at least one, or nothing is replayed."},
    )
    event_type = forms.ChoiceField(
        choices=[("", "Any"), *((name, name) for name in TYPES)],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    event_name = forms.CharField(
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Exact, such as Order Completed. Empty: any.",
    )

    def __init__(self, request: HttpRequest, data: QueryDict | None, selected: Selection) -> None:
        super().__init__(data, initial=_initial(request))
        self.selected = selected
        pipelines = _visible(request, Pipeline.objects.select_related("organization"), "organization_id")
        destinations = _visible(
            request, Destination.objects.select_related("pipeline"), "pipeline__organization_id"
        )
        if selected.events:
            destinations = destinations.filter(pipeline__in=selected.pipelines)
        self._offer("pipeline", pipelines.order_by("name"), lambda one: f"{one.name} ({one.organization})")
        self._offer(
            "destinations",
            destinations.order_by("pipeline__name", "name"),
            lambda one: f"{one.name} ({one.pipeline.name})",
        )
        for name in selected.leaves_out:
            del self.fields[name]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        pipeline = cleaned.get("pipeline")
        for one in cleaned.get("destinations") or ():
            if pipeline and one.pipeline_id != pipeline.id:
                self.add_error("destinations", f"{one.name} belongs to the pipeline {one.pipeline.name}.")
        return cleaned

    def asked(self) -> Asked:
        """The replay as the service takes it."""
        given = self.cleaned_data
        which = set(given["which"])
        pipeline = given.get("pipeline")
        organization = pipeline.organization if pipeline else self.selected.organization
        assert organization is not None
        return Asked(
            organization=organization,
            pipeline=pipeline,
            destinations=list(given.get("destinations") or ()),
            since=given.get("since"),
            until=given.get("until"),
            outcomes=which - {DELIVERED, NEVER_SENT},
            include_delivered=DELIVERED in which,
            include_never_sent=NEVER_SENT in which,
            event_type=given.get("event_type") or "",
            event_name=given.get("event_name") or "",
            deliveries=self.selected.deliveries,
            events=self.selected.events,
        )

    def refuse(self, refused: ValidationError) -> None:
        """Put what the service refused beside its field."""
        told = refused.message_dict if hasattr(refused, "error_dict") else {"": refused.messages}
        for name, sentences in told.items():
            self.add_error(name if name in self.fields else None, sentences)

    def _offer(self, name: str, rows: QuerySet[Any], label: Any) -> None:
        field: Any = self.fields[name]
        field.queryset, field.label_from_instance = rows, label


class Selection:
    """Deliveries or events that somebody pointed at, in one organization where they may replay."""

    def __init__(self, request: HttpRequest) -> None:
        source = request.POST if request.method == "POST" else request.GET
        self.deliveries = _ids(source.getlist("delivery"))
        self.events = [] if self.deliveries else _ids(source.getlist("event"))
        self.pipelines: set[UUID] = set()
        self.organization: Organization | None = None
        if self:
            self._read(request)

    def __bool__(self) -> bool:
        return bool(self.deliveries or self.events)

    @property
    def words(self) -> str:
        """What was selected."""
        many, one = ("deliveries", "delivery") if self.deliveries else ("events", "event")
        count = len(self.deliveries or self.events)
        return f"1 selected {one}" if count == 1 else f"{count} selected {many}"

    @property
    def leaves_out(self) -> list[str]:
        """The fields that this selection stands for."""
        if not self:
            return []
        filtering = ["pipeline", "since", "until", "event_type", "event_name"]
        return [*filtering, "destinations"] if self.deliveries else filtering

    def _read(self, request: HttpRequest) -> None:
        """What the user may not see is as unknown as what is not there."""
        model: Any = DeliveryRecord if self.deliveries else Event
        rows = _visible(
            request, model.objects.filter(id__in=self.deliveries or self.events), "organization_id"
        )
        found = list(rows.values_list("id", "organization_id", "pipeline_id"))
        self.pipelines = {pipeline_id for _, _, pipeline_id in found}
        places = {organization_id for _, organization_id, _ in found}
        if len(places) == 1:
            self.organization = Organization.objects.filter(id=places.pop()).first()
        known = [id_ for id_, _, _ in found] if self.organization else []
        if self.deliveries:
            self.deliveries = known
        else:
            self.events = known


def _visible(request: HttpRequest, rows: QuerySet[Any], path: str) -> QuerySet[Any]:
    return access.visible(rows, principal(request), REPLAY, path)


def _ids(texts: list[str]) -> list[UUID]:
    found = []
    for text in texts[:MOST_SELECTED]:
        try:
            found.append(UUID(text))
        except ValueError:
            continue
    return found


def _initial(request: HttpRequest) -> dict[str, Any]:
    """What a link to the form says, else the last day."""
    since = timezone.now() - timedelta(days=1)
    initial: dict[str, Any] = {"since": since.strftime(MOMENT)}
    if pipelines := _ids(request.GET.getlist("pipeline")):
        initial["pipeline"] = pipelines[0]
    if destinations := _ids(request.GET.getlist("destination")):
        initial["destinations"] = destinations
        of = Destination.objects.filter(id=destinations[0]).values_list("pipeline_id", flat=True).first()
        initial.setdefault("pipeline", of)
    return initial
