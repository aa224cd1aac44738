"""The column of a destination's mapping changes."""

from __future__ import annotations

from typing import Any

from django.db import models

from integrations.core.vendor.changes import sentence


class MappingChangesField(models.JSONField):
    """A list of changes (see docs/mapping-changes.md), empty where all is as the vendor's file has it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"default": list, "blank": True, **options})

    def in_words(self, value: Any) -> str:
        """As the audit log tells it."""
        return sentence(value)
