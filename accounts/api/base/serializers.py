"""Serializers that refuse what they do not know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

DEFAULTS = {
    **serializers.CharField.default_error_messages,
    **serializers.DictField.default_error_messages,
    **serializers.ListField.default_error_messages,
    **serializers.ChoiceField.default_error_messages,
    **serializers.Field.default_error_messages,
}


def sentences(name: str, field: serializers.Field) -> dict[str, str]:
    """DRF's refusals of a field in words that name it and say what to do; a field's own words stay."""
    told = {
        "required": f"{name} is missing: give it.",
        "null": f"{name} can't be null: give a value, or leave it out.",
        "blank": f"{name} is empty: give a value.",
        "empty": f"{name} is empty: give at least one.",
        "not_a_list": f"{name} is a list: put what you give in [ ].",
        "not_a_dict": f"{name} is an object with members.",
    }
    if isinstance(field, serializers.ChoiceField):
        told["invalid_choice"] = f'"{{input}}" is none of: {", ".join(map(str, field.choices))}.'
    return {code: text for code, text in told.items() if field.error_messages.get(code) == DEFAULTS[code]}


class _Strict:
    """Refuses members of a body that would be ignored: unknown, read-only, or `fixed` in an update."""

    fixed: tuple[str, ...] = ()
    default_error_messages = {"invalid": "The body is a JSON object, such as the docs page shows."}

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()  # type: ignore[misc]
        for name, field in fields.items():
            field.error_messages = {**field.error_messages, **sentences(name, field)}
        if self.partial:  # type: ignore[attr-defined]
            for name in getattr(getattr(self, "Meta", None), "fixed", self.fixed):
                fields[name].read_only = True
                fields[name].required = False
        return fields

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            writable = [name for name, field in self.fields.items() if not field.read_only]  # type: ignore[attr-defined]
            unknown = [str(name) for name in data if name not in writable]
            if unknown:
                there_are = f"There are: {', '.join(writable)}." if writable else "The body takes none."
                told = {name: [f"{name} is unknown, or can't be set here. {there_are}"] for name in unknown}
                raise serializers.ValidationError(told, "unknown")
        return super().to_internal_value(data)  # type: ignore[misc]


class ApiSerializer(_Strict, serializers.Serializer):
    """The base of shapes that are no model's. `fixed` names what an update can't change."""


class ApiModelSerializer(_Strict, serializers.ModelSerializer):
    """The base of a model's shape. `Meta.fixed` names what an update can't change."""


class EmptySerializer(ApiSerializer):
    """The body of an action that takes none: absent or `{}`."""
