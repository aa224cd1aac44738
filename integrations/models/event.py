"""One accepted event, as it is kept."""

from __future__ import annotations

from typing import Any

from django.db import models


class StoredJSONField(models.JSONField):
    """A `json` column: the bytes stay as they came, and cost less to store than `jsonb`. Not searchable."""

    def db_type(self, connection: Any) -> str:
        """PostgreSQL's type."""
        return "json"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Any:
        """The driver has parsed it already (it leaves only `jsonb` to Django)."""
        return value


class Event(models.Model):
    """One accepted event. Cold: append-only, partitioned by the day in `id` (UUIDv7 of its receipt).

    `skips` lists the destinations that do not get it: `{"destination", "reason", "sentence"}` each.
    """

    id = models.UUIDField(primary_key=True)
    organization_id = models.UUIDField()
    pipeline_id = models.UUIDField()
    write_key_id = models.UUIDField()
    type = models.TextField()
    name = models.TextField()
    message_id = models.TextField()
    user_id = models.TextField()
    anonymous_id = models.TextField()
    received_at = models.DateTimeField()
    plan_version = models.BigIntegerField()
    planned = models.SmallIntegerField(help_text="Deliveries that were planned for it.")
    skips = models.JSONField()
    payload = StoredJSONField()

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.type} {self.name}".strip()
