"""Attempts as JSON, for the apps whose API shows them."""

from __future__ import annotations

from rest_framework import serializers


class PhaseSerializer(serializers.Serializer):  # type: ignore[type-arg]  # generic in the stubs only
    """One stretch of a request's time."""

    name = serializers.CharField(help_text="DNS, Connect, TLS, Wait (until the first byte) or Rest.")
    ms = serializers.FloatField(help_text="Milliseconds.")


class AttemptSerializer(serializers.Serializer):  # type: ignore[type-arg]  # generic in the stubs only
    """One HTTP request and its answer. Secrets are masked; bodies and queries need read:events."""

    id = serializers.UUIDField()
    started_at = serializers.DateTimeField()
    operation = serializers.CharField(help_text="A test's ends in (test) or (live test).")
    mode = serializers.CharField(help_text="live, test or sandbox; empty for webhooks and older attempts.")
    method = serializers.CharField()
    url = serializers.CharField()
    request_headers = serializers.SerializerMethodField()
    request_body = serializers.CharField()
    status = serializers.IntegerField(allow_null=True, help_text="Null when no answer came.")
    response_headers = serializers.SerializerMethodField()
    response_body = serializers.CharField(help_text="At most 8 KB.")
    verdict = serializers.CharField(
        help_text="delivered, rejected, failed, throttled, unknown, again (sent again at once, no attempt "
        "spent), or partial: a batch of several verdicts."
    )
    reason = serializers.CharField()
    total_ms = serializers.FloatField()
    phases = PhaseSerializer(many=True)

    def get_request_headers(self, story: object) -> dict[str, str]:
        return dict(story.request_headers)  # type: ignore[attr-defined]

    def get_response_headers(self, story: object) -> dict[str, str]:
        return dict(story.response_headers)  # type: ignore[attr-defined]


class NumberedAttemptSerializer(AttemptSerializer):
    """An attempt of one delivery."""

    number = serializers.IntegerField(help_text="Its place among the delivery's attempts, from 1.")
    companions = serializers.IntegerField(help_text="Other deliveries that rode on the same request.")
