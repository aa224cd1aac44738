"""Who did what, when, from where, and what changed."""

from __future__ import annotations

from django.db import models


class AuditEntry(models.Model):
    """One thing that somebody did. Append-only; secrets stand masked.

    `changes` is `{field: [before, after]}`. `organization_id` is null for what concerns the installation.
    Not a foreign key: an entry outlives what it tells of.
    """

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    organization_id = models.UUIDField(null=True)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.CharField(max_length=60)
    actor = models.CharField(max_length=254)
    is_staff = models.BooleanField("by installation staff")
    address = models.CharField("from", max_length=45)
    action = models.CharField(max_length=60, help_text="verb:noun")
    target_type = models.CharField(max_length=60)
    target_id = models.CharField(max_length=60)
    target = models.CharField(max_length=254)
    changes = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        verbose_name_plural = "audit log"
        indexes = [
            models.Index(fields=["organization_id", "-id"], name="audit_organization"),
            models.Index(fields=["target_type", "target_id", "-id"], name="audit_target"),
        ]

    def __str__(self) -> str:
        return f"{self.actor} {self.action} {self.target}"
