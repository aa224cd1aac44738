"""The story of an event and of its attempts, as JSON."""

from __future__ import annotations

from rest_framework import serializers

from delivery.api import NumberedAttemptSerializer
from integrations.core.plan import SkipReason
from integrations.services.event_stories import State

STATES = [state.value for state in State]
REASONS = [reason.value for reason in SkipReason]


class DestinationStorySerializer(serializers.Serializer):
    """What became of an event at one destination."""

    destination = serializers.UUIDField(source="destination_id")
    destination_name = serializers.CharField(source="destination")
    vendor = serializers.CharField()
    mode = serializers.CharField()
    state = serializers.ChoiceField(STATES)
    sentence = serializers.CharField(help_text="What happened, and what to do about it.")
    delivery = serializers.UUIDField(source="delivery_id", allow_null=True, help_text="Null for a skip.")
    attempts_spent = serializers.IntegerField(source="attempts")
    next_try = serializers.CharField(help_text="A sentence; empty when nothing comes any more.")
    next_try_at = serializers.DateTimeField(allow_null=True)
    replay = serializers.UUIDField(
        source="replay_id", allow_null=True, help_text="The replay that made the delivery."
    )
    is_past = serializers.BooleanField(
        help_text="Whether another delivery of the event to this destination, of a replay or before it, "
        "stands for it."
    )
    attempts = NumberedAttemptSerializer(source="attempt_stories", many=True)
