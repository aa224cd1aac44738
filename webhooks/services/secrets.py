"""Makes and rotates signing secrets. Each text leaves this module once."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.core.principal import Principal
from accounts.services import audit
from webhooks.core.secrets import LONGEST_OVERLAP_HOURS, MOST_PREVIOUS, OVERLAP_HOURS, SigningSecrets
from webhooks.core.signing import SECRET_BYTES, secret_text
from webhooks.models import Subscription
from webhooks.services.switching import locked


def new_secret() -> str:
    """A fresh one."""
    return secret_text(secrets.token_bytes(SECRET_BYTES))


@transaction.atomic
def rotate_secret(by: Principal, subscription: Subscription, *, overlap_hours: int = OVERLAP_HOURS) -> str:
    """A new secret; its text is told here and never again.

    For the overlap both sign: `webhook-signature` with both, so that who verifies that can take the new one
    at any moment; the contract's header holds one signature, the old one's. 0 ends the old one at once: it
    leaked.
    """
    if not 0 <= overlap_hours <= LONGEST_OVERLAP_HOURS:
        raise ValidationError({"overlap_hours": f"Give hours from 0 to {LONGEST_OVERLAP_HOURS}."})
    now, text = timezone.now(), new_secret()
    stored = locked(subscription)
    known = SigningSecrets.read(stored.secrets)
    rotated = known.rotated(text, overlap=timedelta(hours=overlap_hours), now=now)
    if len(rotated.previous) > MOST_PREVIOUS:
        raise ValidationError("Too many secrets are valid at once: finish the rotation first.")
    stored.secret_made_at = now
    _write(by, stored, rotated if overlap_hours else rotated.finished(), "rotate")
    subscription.refresh_from_db()
    return text


@transaction.atomic
def finish_rotation(by: Principal, subscription: Subscription) -> None:
    """The current secret signs alone from now on: every receiver has it."""
    stored = locked(subscription)
    known = SigningSecrets.read(stored.secrets)
    if known.previous:
        _write(by, stored, known.finished(), "finish_rotation")
    subscription.refresh_from_db()


def _write(by: Principal, stored: Subscription, wanted: SigningSecrets, verb: str) -> None:
    before = audit.snapshot(stored)
    stored.secrets = wanted.stored()
    stored.save(update_fields=["secrets", "secret_made_at"])
    audit.record(
        by,
        f"{verb}:webhook_config",
        stored,
        organization_id=stored.organization_id,
        differences=audit.differences(before, audit.snapshot(stored)),
    )
