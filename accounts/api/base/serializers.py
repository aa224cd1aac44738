"""Serializers that refuse what they do not know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

UNKNOWN = "This member is unknown, or can't be set here."


class _Strict:
    """Refuses members of a body that would be ignored: unknown, read-only, or `fixed` in an update."""

    fixed: tuple[str, ...] = ()

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()  # type: ignore[misc]
        if self.partial:  # type: ignore[attr-defined]
            for name in getattr(getattr(self, "Meta", None), "fixed", self.fixed):
                fields[name].read_only = True
                fields[name].required = False
        return fields

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            writable = {name for name, field in self.fields.items() if not field.read_only}  # type: ignore[attr-defined]
            unknown = [str(name) for name in data if name not in writable]
            if unknown:
                raise serializers.ValidationError({name: [UNKNOWN] for name in unknown}, "unknown")
        return super().to_internal_value(data)  # type: ignore[misc]


class ApiSerializer(_Strict, serializers.Serializer):
    """The base of shapes that are no model's. `fixed` names what an update can't change."""


class ApiModelSerializer(_Strict, serializers.ModelSerializer):
    """The base of a model's shape. `Meta.fixed` names what an update can't change."""


class EmptySerializer(ApiSerializer):
    """The body of an action that takes none: absent or `{}`."""
