"""Mapping changes as a member of requests and answers: checked by their own rules, each at its place."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.base import ApiSerializer
from integrations.api.pointed import refuse_at
from integrations.core.vendor import Vendor
from integrations.core.vendor.changes import problems_of


class MappingChangeSerializer(ApiSerializer):
    """What one field of the vendor gets, or that it is left out; see docs/mapping-changes.md."""

    field = serializers.CharField(  # type: ignore[assignment]
        help_text="As the vendor's file calls it, such as event_attributes.coupon."
    )
    rules = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="Names of rules of the file, such as Order Completed. Without them: all with the field.",
    )
    value = serializers.JSONField(
        required=False,
        help_text="A path such as $properties.coupon_code, a constant, or an expression of vendor files.",
    )
    leave_out = serializers.BooleanField(default=False, help_text="In place of a value.")
    new = serializers.BooleanField(default=False, help_text="A field that the file does not send.")


@extend_schema_field(MappingChangeSerializer(many=True))
class MappingChangesField(serializers.JSONField):
    """Empty, or null in requests, where every field is as the vendor's file makes it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_null": True, **options})


def refuse_bad_changes(documents: Any, vendor: Vendor) -> list[Any]:
    """The changes, or a sentence for each thing that is not right, pointing at it."""
    refuse_at("mapping_changes", problems_of(documents, vendor))
    return list(documents or [])
