"""Replays: jobs that deliver stored events again, counted before anything is queued."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django_filters import filters
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import (
    ApiSerializer,
    Conflict,
    EmptySerializer,
    Filters,
    Lists,
    OrganizationField,
    Resource,
    Retrieves,
    VisibleField,
    action,
)
from integrations.core.event import TYPES
from integrations.core.replay import FAILED
from integrations.models import Destination, Pipeline, Replay
from integrations.services.replays import jobs
from integrations.services.replays.jobs import MOST_SELECTED, Asked
from integrations.services.replays.progress import Progress, Share, progress_of, reasons
from integrations.services.replays.telling import warnings

REPLAY = "replay:delivery"
OUTCOMES = [outcome.value for outcome in FAILED]
NO_OUTCOME = f'"{{input}}" is none of: {", ".join(OUTCOMES)}.'


class ReplayGivenSerializer(ApiSerializer):
    """A replay to make: by a filter, or of the deliveries or events that are named."""

    organization = OrganizationField()
    pipeline = VisibleField(
        Pipeline.objects.all(), permission=REPLAY, required=False, help_text="Its destinations only."
    )
    destinations = VisibleField(
        Destination.objects.select_related("pipeline"),
        permission=REPLAY,
        organization_path="pipeline__organization_id",
        many=True,
        required=False,
        help_text="Left out: all of the pipeline, or of the organization.",
    )
    since = serializers.DateTimeField(
        required=False,
        help_text="When the events came, inclusive. Needed unless deliveries or events are named.",
    )
    until = serializers.DateTimeField(required=False, help_text="Exclusive; left out, until now.")
    outcomes = serializers.ListField(
        child=serializers.ChoiceField(OUTCOMES, error_messages={"invalid_choice": NO_OUTCOME}),
        default=lambda: list(OUTCOMES),
        help_text="How deliveries ended that are made again.",
    )
    include_delivered = serializers.BooleanField(default=False, help_text="Those that arrived, too.")
    include_never_sent = serializers.BooleanField(
        default=False,
        help_text="Events that a destination never got, too: skipped then, or it was connected later.",
    )
    event_type = serializers.CharField(required=False, help_text=f"One of {', '.join(TYPES)}.")
    event_name = serializers.CharField(required=False, help_text="Exact.")
    deliveries = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=MOST_SELECTED,
        help_text="In place of a filter.",
    )
    events = serializers.ListField(
        child=serializers.UUIDField(),
        required=False,
        max_length=MOST_SELECTED,
        help_text="In place of a filter.",
    )
    dry_run = serializers.BooleanField(
        default=False, help_text="Count only, and wait for `start`. Otherwise it starts once it has counted."
    )


class ReplayLineSerializer(ApiSerializer):
    """A replay as lists show it."""

    id = serializers.UUIDField()
    organization = serializers.UUIDField(source="organization_id")
    state = serializers.ChoiceField(Replay.State.values)
    destinations = serializers.SerializerMethodField(help_text="Those that it is about.")
    since = serializers.DateTimeField(allow_null=True, help_text="Null for a selection.")
    until = serializers.DateTimeField()
    outcomes = serializers.ListField(child=serializers.CharField())
    include_delivered = serializers.BooleanField()
    include_never_sent = serializers.BooleanField()
    event_type = serializers.CharField()
    event_name = serializers.CharField()
    deliveries = serializers.ListField(
        source="delivery_ids", child=serializers.UUIDField(), allow_null=True, help_text="The selection."
    )
    events = serializers.ListField(
        source="event_ids", child=serializers.UUIDField(), allow_null=True, help_text="The selection."
    )
    starts_itself = serializers.BooleanField()
    asked_by = serializers.CharField()
    asked_at = serializers.DateTimeField()
    started_by = serializers.CharField(help_text="Empty before it starts.")
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(
        allow_null=True, help_text="When all was queued, or it was cancelled."
    )
    reason = serializers.CharField(help_text="Why it was cancelled or failed; mostly empty.")

    def get_destinations(self, replay: Replay) -> list[str]:
        return [str(share.destination_id) for share in replay.shares.all()]


class LeftSerializer(serializers.Serializer):  # type: ignore[type-arg]  # generic in the stubs only
    """Deliveries that are left alone for one reason."""

    reason = serializers.CharField()
    count = serializers.IntegerField()
    sentence = serializers.CharField(help_text="Of the first one, with what to do.")
    event = serializers.UUIDField(help_text="The event of the first one.")


class SampleSerializer(serializers.Serializer):  # type: ignore[type-arg]  # generic in the stubs only
    """One that is sent."""

    event = serializers.UUIDField()
    outcome = serializers.CharField(help_text="How it ended before, or never_sent.")


class ShareSerializer(serializers.Serializer):  # type: ignore[type-arg]  # generic in the stubs only
    """One destination's part of a replay."""

    destination = serializers.UUIDField(source="destination_id")
    name = serializers.CharField()
    expected = serializers.IntegerField(source="expected.to_send", help_text="What the dry run would send.")
    by_outcome = serializers.DictField(
        source="expected.sends",
        child=serializers.IntegerField(),
        help_text="The same by how it ended before.",
    )
    samples = SampleSerializer(source="expected.samples", many=True)
    queued = serializers.IntegerField(source="tally.to_send", help_text="Deliveries that were made.")
    skipped = serializers.SerializerMethodField(help_text="Why others are left alone.")
    delivered = serializers.IntegerField()
    failed = serializers.IntegerField()
    cancelled = serializers.IntegerField()
    waiting = serializers.IntegerField(help_text="Queued and not ended yet.")

    @extend_schema_field(LeftSerializer(many=True))
    def get_skipped(self, share: Share) -> list[Any]:
        return list(LeftSerializer(reasons(share), many=True).data)


class ProgressSerializer(serializers.Serializer):  # type: ignore[type-arg]  # generic in the stubs only
    """How far it is: the sums, and each destination."""

    expected = serializers.IntegerField(help_text="What the dry run would send.")
    queued = serializers.IntegerField(help_text="Deliveries that were made so far.")
    skipped = serializers.IntegerField(help_text="Left alone, with reasons under destinations.")
    delivered = serializers.SerializerMethodField()
    failed = serializers.SerializerMethodField()
    cancelled = serializers.SerializerMethodField()
    waiting = serializers.SerializerMethodField()
    percent = serializers.IntegerField(help_text="Of what is to be queued.")
    destinations = ShareSerializer(source="shares", many=True)

    def get_delivered(self, progress: Progress) -> int:
        return progress.total("delivered")

    def get_failed(self, progress: Progress) -> int:
        return progress.total("failed")

    def get_cancelled(self, progress: Progress) -> int:
        return progress.total("cancelled")

    def get_waiting(self, progress: Progress) -> int:
        return progress.total("waiting")


class ReplaySerializer(ReplayLineSerializer):
    """A replay with its progress, and what to know before it starts."""

    progress = serializers.SerializerMethodField()
    warnings = serializers.SerializerMethodField(
        help_text="What to know before it starts, and why it waits; a sentence each."
    )

    @extend_schema_field(ProgressSerializer)
    def get_progress(self, replay: Replay) -> dict[str, Any]:
        return dict(ProgressSerializer(progress_of(replay)).data)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_warnings(self, replay: Replay) -> list[str]:
        return warnings(replay)


class CancelSerializer(ApiSerializer):
    cancel_waiting = serializers.BooleanField(
        default=False,
        help_text="Cancel what it queued and no worker has yet, too; otherwise that is delivered.",
    )


class ReplayFilters(Filters):
    organization = filters.UUIDFilter("organization_id")
    state = filters.ChoiceFilter(choices=Replay.State.choices)


class Replays(Lists, Retrieves, Resource):
    """Stored events delivered again: those of a time that failed, or those that are named."""

    noun = "delivery"
    verbs = {"create": "replay"}
    queryset = Replay.objects.prefetch_related("shares")
    serializer_class = ReplaySerializer
    filterset_class = ReplayFilters
    ordering = ("-asked_at", "-id")
    volatile = (
        "state",
        "started_by",
        "started_at",
        "ended_at",
        "reason",
        "progress",
        "warnings",
    )

    def get_serializer_class(self) -> Any:
        """Lists count nothing."""
        return ReplayLineSerializer if self.action == "list" else ReplaySerializer

    @extend_schema(request=ReplayGivenSerializer, responses={201: ReplaySerializer})
    def create(self, request: Request) -> Response:
        """Ask for a replay. A dry run waits for `start`; any other starts once it has counted."""
        given = self.given(ReplayGivenSerializer)
        asked = Asked(starts_itself=not given.pop("dry_run"), **given)
        return self.answer(jobs.ask_replay(self.principal, asked), status=201)

    @extend_schema(request=EmptySerializer)
    @action(detail=True, methods=["post"], permission=REPLAY)
    def start(self, request: Request, pk: str) -> Response:
        """Start one that was counted; one that failed goes on where it stopped."""
        replay = self.get_object()
        self.given(EmptySerializer)
        return self._done(lambda: jobs.start_replay(self.principal, replay))

    @extend_schema(request=CancelSerializer)
    @action(detail=True, methods=["post"], permission=REPLAY)
    def cancel(self, request: Request, pk: str) -> Response:
        """Queue no more of it; what is queued stays, unless you say otherwise."""
        replay = self.get_object()
        cancels = self.given(CancelSerializer)["cancel_waiting"]
        return self._done(lambda: jobs.cancel_replay(self.principal, replay, cancel_waiting=cancels))

    def _done(self, act: Callable[[], Replay]) -> Response:
        try:
            return self.answer(act())
        except ValidationError as refused:
            raise Conflict(" ".join(refused.messages)) from None
