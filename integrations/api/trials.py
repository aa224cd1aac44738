"""Tries an event on a destination: a preview without network, and a test send."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ApiSerializer, action
from accounts.services import access
from delivery.api import AttemptSerializer
from integrations.api.destinations import DestinationRows
from integrations.api.mapping_changes_field import MappingChangesField, refuse_bad_changes
from integrations.core.event import Event as GivenEvent
from integrations.core.normalise import BadEvent
from integrations.core.vendor.sourced import StandsIn
from integrations.models import Attempt, Destination, Event
from integrations.services import previews
from integrations.services.attempt_stories import attempt_story
from integrations.services.field_sources import Sources
from integrations.services.preparing import Prepared, Verdict
from integrations.services.previews import ShownRequest
from integrations.services.test_sends import send_live_test, send_test

VERDICTS = [verdict.value for verdict in Verdict]
HIDDEN_EVENT = "To try changes on an event that came you need read:events. Paste an event instead."
UNKNOWN_EVENT = "There is no event with this id that you may use here. Its retention may have ended."


class EventGivenSerializer(ApiSerializer):
    """An event: a pasted one, or one that came."""

    event = serializers.DictField(required=False, help_text="As a back end would send it to /v1/batch.")
    event_id = serializers.UUIDField(required=False, help_text="The id of an event that came, in its place.")

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if ("event" in given) == ("event_id" in given):
            raise serializers.ValidationError("Give either event or event_id.")
        return given


class PreviewGivenSerializer(EventGivenSerializer):
    as_published = serializers.BooleanField(
        default=False, help_text="Look at the change that waits, as if it were published."
    )
    mapping_changes = MappingChangesField(
        required=False,
        help_text="To try in place of the stored ones. With an event that came this needs read:events.",
    )


class TestGivenSerializer(EventGivenSerializer):
    __test__ = False  # not a test class

    live = serializers.BooleanField(default=False, help_text="To the vendor's live API, where it counts.")
    confirm = serializers.CharField(default="", help_text="For a live one: the destination's name.")


class ShownRequestSerializer(ApiSerializer):
    operation = serializers.CharField()
    method = serializers.CharField()
    url = serializers.CharField()
    headers = serializers.DictField(child=serializers.CharField())
    body = serializers.CharField()


class VerdictSerializer(ApiSerializer):
    """Whether the event is sent, and if not, why."""

    verdict = serializers.ChoiceField(VERDICTS)
    reason = serializers.CharField(help_text="Of the closed lists of skips and rejections; empty when sent.")
    sentence = serializers.CharField(help_text="The same for people, with what to do.")
    notes = serializers.ListField(
        child=serializers.CharField(), help_text="Optional fields that were left out, and why."
    )


class FieldSerializer(ApiSerializer):
    """One value that is sent, and where it came from."""

    request = serializers.IntegerField(
        allow_null=True, help_text="Which of the requests, from 1; null while nothing is sent."
    )
    stands_in = serializers.ChoiceField([one.value for one in StandsIn])
    field = serializers.CharField(help_text="As the vendor calls it, such as data[0].user.email.")
    value = serializers.JSONField(allow_null=True)
    source = serializers.CharField(
        help_text="A path in the event, with the dictionary's name where one led there; a setting; a "
        "constant; a default; a template."
    )
    operations = serializers.ListField(
        child=serializers.CharField(), help_text="What was done to it, in order, such as email, sha256."
    )
    changed = serializers.BooleanField(
        source="is_changed", help_text="Changed for this destination: its vendor's file has it otherwise."
    )
    added = serializers.BooleanField(
        source="is_added", help_text="Added for this destination: its vendor's file has no such field."
    )


class MissingSerializer(ApiSerializer):
    """What keeps the event from being sent."""

    field = serializers.CharField(help_text="The vendor's field; empty for what is no field, a setting.")
    looked_in = serializers.ListField(child=serializers.CharField())
    sentence = serializers.CharField(help_text="What is needed, where it was looked for, and what to do.")


class LeftOutSerializer(ApiSerializer):
    """An optional field of the vendor that the event gives nothing for."""

    field = serializers.CharField()
    reason = serializers.CharField()
    changed = serializers.BooleanField(
        source="is_changed", help_text="By a change of this destination: its vendor's file has it otherwise."
    )


class SourcesSerializer(ApiSerializer):
    """An event field by field."""

    fields = FieldSerializer(many=True)
    missing = MissingSerializer(many=True)
    left_out = LeftOutSerializer(many=True)


class PreviewSerializer(SourcesSerializer, VerdictSerializer):
    """What would be sent, whole and field by field. Secrets are masked."""

    requests = ShownRequestSerializer(many=True)


class TestSerializer(VerdictSerializer):
    """What was sent, and what came back."""

    __test__ = False  # not a test class

    attempt = AttemptSerializer(allow_null=True, help_text="Null when nothing was sent.")


class Previews(DestinationRows):
    """What a destination would send."""

    @extend_schema(request=PreviewGivenSerializer, responses=PreviewSerializer)
    @action(detail=True, methods=["post"], permission="preview:destination")
    def preview(self, request: Request, pk: str) -> Response:
        """The production path (plan, consent, mapping, requests) for one event, without network."""
        destination, given = self.look(), self.given(PreviewGivenSerializer)
        event, shows = given_event(self, destination, given)
        if given["as_published"] and not shows and previews.reads_anew(destination):
            raise serializers.ValidationError({"as_published": HIDDEN_EVENT})
        subject = (previews.as_published if given["as_published"] else previews.as_it_stands)(destination)
        if "mapping_changes" in given:
            subject = _tried(subject, given["mapping_changes"], shows)
        now = timezone.now()
        prepared = previews.prepare(subject, destination, event, now=now)
        requests = previews.shown_requests(prepared, shows_personal_data=shows)
        told = previews.sources(subject, prepared, event, now=now, shows_personal_data=shows)
        return Response(PreviewSerializer(preview_answer(prepared, requests, told)).data)


class TestSends(DestinationRows):
    """One event sent as a test."""

    __test__ = False  # not a test class

    @extend_schema(request=TestGivenSerializer, responses=TestSerializer)
    @action(detail=True, methods=["post"], permission="test:destination")
    def test(self, request: Request, pk: str) -> Response:
        """Send in the vendor's test mode, or to the sandbox when it has none, and wait for the answer.

        A live one needs live_test:destination and the destination's name in `confirm`. The attempt is
        recorded and marked; neither breaker nor rate of the destination takes part.
        """
        destination, given = self.look(), self.given(TestGivenSerializer)
        if given["live"]:
            self.permission = "live_test:destination"
            self.require(destination.pipeline.organization_id)
        event, shows = given_event(self, destination, given)
        now = timezone.now()
        if given["live"]:
            sent = send_live_test(self.principal, destination, event, confirm=given["confirm"], now=now)
        else:
            sent = send_test(self.principal, destination, event, now=now)
        return Response(TestSerializer(_answer(sent, shows)).data)

    def _write(self, request: Request, handler: Callable[..., HttpResponseBase]) -> HttpResponseBase:
        """Outside a transaction, as nothing is to be locked while a vendor thinks, and a live request stays
        on record whatever happens here. With an Idempotency-Key in one: its lock lives no longer.
        """
        if "Idempotency-Key" in request.headers:
            return super()._write(request, handler)
        return handler(request, *self.args, **self.kwargs)


def _tried(subject: previews.Subject, documents: Any, shows: bool) -> previews.Subject:
    """The subject with other changes: these could ask an event for what its reader may not see."""
    if not shows:
        raise serializers.ValidationError({"mapping_changes": HIDDEN_EVENT})
    vendor = subject.vendor.changed.of if subject.vendor.changed else subject.vendor
    return previews.with_changes(subject, refuse_bad_changes(documents, vendor))


def given_event(
    view: DestinationRows, destination: Destination, given: dict[str, Any]
) -> tuple[GivenEvent, bool]:
    """The event, and whether its personal data may be shown: what was pasted is known already."""
    organization_id = destination.pipeline.organization_id
    if "event" in given:
        try:
            return previews.given_event(given["event"], now=timezone.now()), True
        except BadEvent as bad:
            raise serializers.ValidationError({"event": bad.message}, bad.code) from None
    rows: QuerySet[Event] = access.visible(
        Event.objects.filter(organization_id=organization_id),
        view.principal,
        "read:delivery",
        "organization_id",
    )
    is_visible = rows.filter(id=given["event_id"]).exists()
    event = previews.stored_event(given["event_id"]) if is_visible else None
    if event is None:
        raise serializers.ValidationError({"event_id": UNKNOWN_EVENT}, "does_not_exist")
    return event, view.principal.may("read:events", organization_id)


def preview_answer(prepared: Prepared, requests: Sequence[ShownRequest], told: Sources) -> dict[str, Any]:
    """What PreviewSerializer shows."""
    by_field = {"fields": told.fields, "missing": told.missing, "left_out": told.left_out}
    return {**_verdict(prepared), "requests": requests, **by_field}


def _verdict(prepared: Prepared) -> dict[str, Any]:
    return {
        "verdict": prepared.verdict.value,
        "reason": prepared.reason,
        "sentence": prepared.sentence,
        "notes": prepared.notes,
    }


def _answer(sent: Prepared | Attempt, shows_personal_data: bool) -> dict[str, Any]:
    if isinstance(sent, Prepared):
        return {**_verdict(sent), "attempt": None}
    story = attempt_story(sent, 1, shows_personal_data=shows_personal_data)
    return {"verdict": Verdict.SENT.value, "reason": "", "sentence": "", "notes": (), "attempt": story}
