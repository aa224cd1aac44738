"""Problems of a document inside a request, each as a sentence at its place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from integrations.core.mapping import DefinitionError


def refuse_at(field: str, problems: Iterable[DefinitionError]) -> None:
    """Raise what is not right, if anything is not. The paths of problems begin inside this field."""
    errors: dict[Any, Any] = {}
    for problem in problems:
        *above, last = (field, *problem.path)
        holder = errors
        for step in above:
            holder = holder.setdefault(step, {})
        holder.setdefault(last, []).append(problem.sentence)
    if errors:
        raise serializers.ValidationError(errors)
