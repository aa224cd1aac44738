"""A destination's filter as JSON, and what it would do with the latest events."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ApiSerializer, action
from integrations.api.destinations import DestinationRows
from integrations.api.filter_field import FilterField, refuse_bad_filter
from integrations.core.event import TYPES
from integrations.core.filter import compile_filter, sentence
from integrations.services import previews
from integrations.services.filter_trials import LAST, Fate, FilterTrial, try_filter

MOST = 1_000
PERSONAL = (
    "This filter asks for personal data. To try it on events you need read:events; "
    "ask for the event's type or name, or for what tells of no person, instead."
)


class TrialGivenSerializer(ApiSerializer):
    """A filter to try."""

    filter = FilterField(
        required=False,
        help_text="The one to try. When left out, the stored one: the draft's where one waits.",
    )
    last = serializers.IntegerField(
        min_value=1, max_value=MOST, default=LAST, help_text="How many of the pipeline's latest events."
    )


class TriedEventSerializer(ApiSerializer):
    """What would become of one event."""

    id = serializers.UUIDField()
    type = serializers.ChoiceField(TYPES)
    name = serializers.CharField()
    received_at = serializers.DateTimeField()
    verdict = serializers.ChoiceField([fate.value for fate in Fate])
    reason = serializers.CharField(help_text="Of the closed list of skips; empty when sent.")
    sentence = serializers.CharField(help_text="The same for people, with what to do.")


class FilterTrialSerializer(ApiSerializer):
    """What would become of the events: `skipped` passes the filter and is kept out by something else."""

    filter_sentence = serializers.CharField()
    events_tried = serializers.IntegerField()
    sent = serializers.IntegerField(help_text="Planned for the destination. Its mapping is not looked at.")
    filtered = serializers.IntegerField()
    skipped = serializers.IntegerField()
    events = serializers.SerializerMethodField(help_text="Newest first; null without read:events.")

    @extend_schema_field(TriedEventSerializer(many=True, allow_null=True))
    def get_events(self, told: dict[str, Any]) -> Any:
        events = told["events"]
        return None if events is None else TriedEventSerializer(events, many=True).data


class FilterTrials(DestinationRows):
    """A filter is tried before it is saved."""

    @extend_schema(request=TrialGivenSerializer, responses=FilterTrialSerializer)
    @action(detail=True, methods=["post"], url_path="filter-trial", permission="update:destination")
    def filter_trial(self, request: Request, pk: str) -> Response:
        """Try a filter, saved or not, on the latest events of the pipeline. Nothing is saved or sent."""
        destination, given = self.look(), self.given(TrialGivenSerializer)
        subject = previews.as_published(destination)
        document = given["filter"] if "filter" in given else previews.waiting_filter(destination)
        refuse_bad_filter(document, subject.vendor.slug)
        wanted = compile_filter(document, subject.vendor.slug)
        shows = self.principal.may("read:events", destination.pipeline.organization_id)
        if wanted is not None and wanted.reads_personal_data and not shows:
            raise serializers.ValidationError({"filter": PERSONAL})
        trial = try_filter(destination.pipeline, subject.target, wanted, last=given["last"])
        return Response(FilterTrialSerializer(_told(document, trial, shows)).data)


def _told(document: Any, trial: FilterTrial, shows: bool) -> dict[str, Any]:
    return {
        "filter_sentence": sentence(document),
        "events_tried": len(trial.events),
        **{fate.value: trial.count(fate) for fate in Fate},
        "events": trial.events if shows else None,
    }
