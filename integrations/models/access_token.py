"""The access token that a vendor gave for some credentials, shared by all workers."""

from __future__ import annotations

from django.db import models

from accounts.fields import EncryptedJSONField
from accounts.models import Organization


class AccessToken(models.Model):
    """One grant of one organization: the token of now, who asks for the next, and why there is none.

    `id` is a keyed digest of the credentials: other credentials are another row. `generation` counts tokens.
    `asked_until`: a worker asks for another one until then. `wait_until` and `reason`: the last answer was
    none. `after_refusal`: this one replaced one that the vendor did not take, and was not taken yet.
    """

    id = models.CharField(primary_key=True, max_length=64)
    organization = models.ForeignKey(Organization, on_delete=models.CASCADE, related_name="access_tokens")
    secrets = EncryptedJSONField(default=dict, editable=False)
    generation = models.PositiveIntegerField(default=0)
    obtained_at = models.DateTimeField(null=True)
    renew_at = models.DateTimeField(null=True)
    was_refused = models.BooleanField(default=False)
    after_refusal = models.BooleanField(default=False)
    asked_until = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)
    wait_until = models.DateTimeField(null=True)
    reason = models.TextField(default="", blank=True)
    changed_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.id[:8]
