"""The column of a destination's filter."""

from __future__ import annotations

from typing import Any

from django.db import models

from integrations.core.filter import sentence


class FilterField(models.JSONField):
    """A filter's document (see docs/filters.md), empty where every event is sent."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"default": dict, "blank": True, **options})

    def in_words(self, value: Any) -> str:
        """As the audit log tells it."""
        return sentence(value)
