"""A place in an organization that waits for its person."""

from __future__ import annotations

import uuid

from django.db import models

from accounts.models.member import Member
from accounts.models.organization import Organization


class Invitation(models.Model):
    """A place in an organization that waits for its person. The link's secret is kept as a hash."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="invitations")
    email = models.EmailField("e-mail address")
    role = models.CharField(max_length=32, choices=Member.ROLES)
    digest = models.BinaryField(editable=False)
    invited_by = models.CharField(max_length=254, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.email} to {self.organization}"
