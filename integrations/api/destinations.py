"""Destinations: connected, changed, published, paused, looked at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django_filters import filters
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import (
    ApiSerializer,
    Creates,
    EmptySerializer,
    Filters,
    Lists,
    Removes,
    Resource,
    Retrieves,
    Updates,
    action,
    etags,
)
from accounts.core.principal import Principal
from integrations.api.destination_serializers import (
    DestinationSerializer,
    changed_destination,
    draft_of,
    new_destination,
)
from integrations.models import Destination
from integrations.services import destinations
from integrations.services.destinations import PUBLISH
from integrations.services.waiting import NOTHING, waiting_of


class PauseSerializer(ApiSerializer):
    reason = serializers.CharField(
        default="", allow_blank=True, max_length=500, help_text="Stands on every delivery that waits."
    )


class StateSerializer(ApiSerializer):
    """How the lane of a destination stands at this moment."""

    enabled = serializers.BooleanField()
    paused_reason = serializers.CharField(help_text="Empty when it is not paused.")
    breaker_state = serializers.ChoiceField(["closed", "open", "half_open"])
    breaker_failures = serializers.IntegerField(help_text="Failed requests in a row.")
    open_until = serializers.DateTimeField(
        allow_null=True, help_text="When the breaker lets a probe through."
    )
    throttled_until = serializers.DateTimeField(
        allow_null=True, help_text="Until then the vendor wants rest."
    )
    throttled_reason = serializers.CharField(
        help_text="Why it rests then: the vendor's words, or that it gives no access token."
    )
    waiting = serializers.IntegerField(help_text="All unfinished deliveries.")
    retrying = serializers.IntegerField(help_text="Those of them that failed before.")
    held = serializers.IntegerField(help_text="Those of them that a person must decide.")
    oldest_waiting_at = serializers.DateTimeField(allow_null=True, help_text="When its event came.")


class DestinationFilters(Filters):
    pipeline = filters.UUIDFilter("pipeline_id")
    vendor = filters.CharFilter("vendor_revision__slug")
    mode = filters.ChoiceFilter(choices=Destination.Mode.choices)
    enabled = filters.BooleanFilter()


class DestinationRows(Resource):
    """The rows, with all that their representation asks for."""

    noun = "destination"
    organization_path = "pipeline__organization_id"
    queryset = Destination.objects.select_related(
        "pipeline", "vendor_revision", "lane", "draft__vendor_revision"
    ).prefetch_related("consent_categories", "draft__consent_categories")
    serializer_class = DestinationSerializer

    def look(self) -> Destination:
        """The row of the path, not locked: for what changes nothing. In a POST If-Match counts too."""
        destination: Destination = GenericAPIView.get_object(self)
        if self.request.method not in SAFE_METHODS:
            etags.check_match(self.request, self.etag_of(self.representation_of(destination)))
        return destination

    def again(self, destination: Destination) -> Destination:
        """The row as a service left it."""
        rows: QuerySet[Destination] = self.get_queryset()
        return rows.get(pk=destination.pk)


class Destinations(Lists, Retrieves, Creates, Updates, Removes, DestinationRows):
    """One vendor account connected to a pipeline.

    Who may not publish stages: a new destination is off, and a change is answered 202 and waits as `draft`,
    until somebody publishes it.
    """

    filterset_class = DestinationFilters
    ordering = ("-created_at", "-id")

    def perform_create(self, values: dict[str, Any]) -> Destination:
        made = destinations.connect_destination(self.principal, values["pipeline"], new_destination(values))
        return self.again(made)

    @extend_schema(responses={200: DestinationSerializer, 202: DestinationSerializer})
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Change it (200), or stage the change (202). Who stages goes on from what waits already."""
        destination = self.get_object()
        serializer = self.get_serializer(destination, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        publishes = self.principal.may(PUBLISH, destination.pipeline.organization_id)
        base = destination if publishes else draft_of(destination) or destination
        wanted = changed_destination(destination.pipeline, base, serializer.validated_data)
        in_force = destinations.change_destination(self.principal, destination, wanted)
        return self.answer(self.again(destination), status=200 if in_force else 202)

    def perform_destroy(self, destination: Destination) -> None:
        destinations.remove_destination(self.principal, destination)

    @extend_schema(request=EmptySerializer)
    @action(detail=True, methods=["post"], permission=PUBLISH)
    def publish(self, request: Request, pk: str) -> Response:
        """Put the change that waits in force, and the destination on."""
        return self._act(self.get_object(), destinations.publish_destination)

    @extend_schema(request=EmptySerializer)
    @action(detail=True, methods=["post"], permission="update:destination")
    def discard(self, request: Request, pk: str) -> Response:
        """Drop the change that waits."""
        return self._act(self.get_object(), destinations.discard_draft)

    @extend_schema(request=EmptySerializer)
    @action(detail=True, methods=["post"], permission=PUBLISH)
    def enable(self, request: Request, pk: str) -> Response:
        """Send it later events again."""
        return self._act(self.get_object(), destinations.enable_destination)

    @extend_schema(request=EmptySerializer)
    @action(detail=True, methods=["post"], permission=PUBLISH)
    def disable(self, request: Request, pk: str) -> Response:
        """Send it no more events, and cancel what waits. Pausing lets it wait."""
        return self._act(self.get_object(), destinations.disable_destination)

    @extend_schema(responses=StateSerializer)
    @action(detail=True, methods=["get"], permission="read:destination")
    def state(self, request: Request, pk: str) -> Response:
        """What waits, and whether the lane is paused, throttled or its breaker open."""
        return self._state(self.look())

    @extend_schema(request=PauseSerializer, responses=StateSerializer)
    @action(detail=True, methods=["post"], permission="pause:destination")
    def pause(self, request: Request, pk: str) -> Response:
        """Let deliveries wait until it is resumed; events are still planned for it."""
        destination, reason = self.get_object(), self.given(PauseSerializer)["reason"]
        destinations.pause_destination(self.principal, destination, reason)
        return self._state(self.again(destination))

    @extend_schema(request=EmptySerializer, responses=StateSerializer)
    @action(detail=True, methods=["post"], permission="pause:destination")
    def resume(self, request: Request, pk: str) -> Response:
        """Let out what waited."""
        return self._act(self.get_object(), destinations.resume_destination, self._state)

    @extend_schema(request=EmptySerializer, responses=StateSerializer)
    @action(detail=True, methods=["post"], url_path="close-breaker", permission="pause:destination")
    def close_breaker(self, request: Request, pk: str) -> Response:
        """Try again now: the next request is the probe."""
        return self._act(self.get_object(), destinations.close_breaker, self._state)

    def _act(
        self,
        destination: Destination,
        service: Callable[[Principal, Destination], object],
        answer: Callable[[Destination], Response] | None = None,
    ) -> Response:
        self.given(EmptySerializer)
        service(self.principal, destination)
        return (answer or self.answer)(self.again(destination))

    def _state(self, destination: Destination) -> Response:
        lane = destination.lane
        waits = waiting_of([destination.id]).get(destination.id, NOTHING)
        state = {
            "enabled": destination.enabled,
            "paused_reason": lane.paused_reason,
            "breaker_state": lane.breaker_state,
            "breaker_failures": lane.breaker_failures,
            "open_until": lane.breaker_open_until,
            "throttled_until": lane.throttled_until,
            "throttled_reason": lane.throttled_reason if lane.throttled_until else "",
            "waiting": waits.count,
            "retrying": waits.retrying,
            "held": waits.held,
            "oldest_waiting_at": waits.oldest_at,
        }
        return Response(StateSerializer(state).data)
