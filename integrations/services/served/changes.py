"""What to call when something that the file routes serve has changed."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from integrations.models import WriteKey
from integrations.services.served import valkey


def pipeline_changed(pipeline_id: UUID) -> None:
    """Its file, its cluster or its keys: call in the transaction, before rows go, or after its commit."""
    keys_changed(WriteKey.objects.filter(pipeline_id=pipeline_id).values_list("key", flat=True))


def keys_changed(keys: Collection[str]) -> None:
    """Keys were made, revoked or removed, or what they serve was."""
    _changed([f"key:{key}" for key in keys])


def cluster_changed(cluster_id: UUID) -> None:
    """A cluster was made, changed or removed, and with it what its pipelines' keys serve."""
    keys = WriteKey.objects.filter(pipeline__cluster_id=cluster_id).values_list("key", flat=True)
    _changed(["clusters:all", *(f"key:{key}" for key in keys)])


def _changed(names: Collection[str]) -> None:
    """In a transaction, nobody remembers anything until its commit: no fetch after it gets old bytes."""
    if transaction.get_connection().in_atomic_block:
        valkey.begin_change(names)
    transaction.on_commit(lambda: valkey.end_change(names), robust=True)
