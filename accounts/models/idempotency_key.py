"""What a write answered, for whoever asks again because the answer did not arrive."""

from __future__ import annotations

from django.db import models


class IdempotencyKey(models.Model):
    """One write of the API under its `Idempotency-Key`. The body is encrypted: it may show a secret once."""

    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=60)
    key = models.CharField(max_length=255)
    method = models.CharField(max_length=10)
    path = models.TextField()
    body_digest = models.BinaryField()
    status = models.SmallIntegerField()
    headers = models.JSONField()
    body = models.TextField()
    created_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["actor_kind", "actor_id", "key"], name="idempotency_key_once")
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"
