"""Make, revoke and choose the write keys of a pipeline."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from accounts.core.principal import Principal
from accounts.services import audit
from integrations.models import Pipeline, WriteKey
from integrations.services.served.changes import keys_changed

FETCHED_LATELY = timedelta(days=7)


@transaction.atomic
def create_write_key(by: Principal, pipeline: Pipeline, key: str = "") -> WriteKey:
    """A new key; the first of a pipeline is its primary. `key` is the customer's own choice, else random."""
    key = key or f"wk_{secrets.token_urlsafe(18)}"
    is_first = not pipeline.write_keys.filter(is_primary=True).exists()
    write_key = WriteKey(pipeline=pipeline, key=key, is_primary=is_first)
    write_key.full_clean()
    write_key.save()
    keys_changed([write_key.key])
    _told(by, "create", write_key, {"pipeline": (None, str(pipeline))})
    return write_key


@transaction.atomic
def make_primary(by: Principal, write_key: WriteKey) -> None:
    """This one stands in files, URLs and webhooks from now on."""
    if write_key.revoked_at:
        raise ValidationError("A revoked key can't be primary: choose one that is not revoked.")
    write_key.pipeline.write_keys.update(is_primary=False)
    WriteKey.objects.filter(id=write_key.id).update(is_primary=True)
    _told(by, "update", write_key, {"is_primary": (False, True)})


@transaction.atomic
def revoke_write_key(by: Principal, write_key: WriteKey) -> None:
    """Senders with this key get 401 from this transaction's commit on. The primary goes last."""
    write_key.refresh_from_db()
    if write_key.is_primary and write_key.pipeline.write_keys.filter(revoked_at=None).count() > 1:
        raise ValidationError("This is the primary key: make another one primary first.")
    now = timezone.now()
    if WriteKey.objects.filter(id=write_key.id, revoked_at=None).update(revoked_at=now):
        keys_changed([write_key.key])
        _told(by, "revoke", write_key, {"revoked_at": (None, now)})


def revoke_warning(write_key: WriteKey) -> str:
    """What revoking this key would break, as a sentence; empty when nothing is known of."""
    fetched_at = write_key.file_fetched_at
    if write_key.revoked_at or fetched_at is None or timezone.now() - fetched_at > FETCHED_LATELY:
        return ""
    return (
        f"The tracking file was fetched with this key on {fetched_at:%d %B %Y}: whatever still fetches it so "
        "gets 404 once the key is revoked. First move sites, CDNs and CI jobs to another key's address."
    )


def _told(
    by: Principal, verb: str, write_key: WriteKey, differences: audit.Differences | None = None
) -> None:
    organization_id = write_key.pipeline.organization_id
    audit.record(by, f"{verb}:write_key", write_key, organization_id=organization_id, differences=differences)
