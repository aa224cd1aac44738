"""A filter as a member of requests and answers: checked by its own rules, each problem at its place."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.base import ApiSerializer
from integrations.api.pointed import refuse_at
from integrations.core.filter import OPERATORS, problems_of


class ConditionSerializer(ApiSerializer):
    """What must hold of one field."""

    field = serializers.CharField(  # type: ignore[assignment]
        help_text="`type`, `event`, `name`, a path such as `$properties.total`, or a name of the dictionary."
    )
    operator = serializers.ChoiceField(list(OPERATORS))
    value = serializers.JSONField(
        required=False, help_text="Text, a number, true or false; a list of them for one_of and none_of."
    )


class FilterSerializer(ApiSerializer):
    """Which events are sent; see docs/filters.md."""

    effect = serializers.ChoiceField(["allow", "deny"])
    match = serializers.ChoiceField(["all", "any"], default="all")
    conditions = ConditionSerializer(many=True)


@extend_schema_field(FilterSerializer)
class FilterField(serializers.JSONField):
    """Null where every event is sent, in the database an empty object."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"allow_null": True, **options})

    def to_representation(self, value: Any) -> Any:
        return value or None


def refuse_bad_filter(document: Any, vendor: str) -> None:
    """A sentence for each thing that is not right, pointing at it. `vendor` is its slug."""
    refuse_at("filter", problems_of(document, vendor))
