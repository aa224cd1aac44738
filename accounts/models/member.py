"""A user's place in an organization."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from accounts.core.permissions import Role
from accounts.models.organization import Organization


class Member(models.Model):
    """A user in an organization, with one role and perhaps the `read:events` grant."""

    ROLES = [(role.value, role.label) for role in Role]

    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=32, choices=ROLES, default=Role.READ_ONLY)
    can_read_events = models.BooleanField(
        "may read event contents", default=False, help_text="Shows personal data of events to this member."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organization", "user"], name="member_once_per_organization")
        ]

    def __str__(self) -> str:
        return f"{self.user} in {self.organization}"
