"""Writes the audit log: in the transaction of what it tells of, differences by field, secrets masked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Field, Model
from django.utils import timezone

from accounts.core.principal import Principal
from accounts.fields import EncryptedJSONField
from accounts.models import AuditEntry

MASK = "••••"
Differences = Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret in a snapshot: it can be compared, and shows as a mask."""

    value: str

    def __repr__(self) -> str:
        return MASK


def record(
    by: Principal,
    action: str,
    target: Model | None = None,
    *,
    organization_id: UUID | None,
    differences: Differences | None = None,
    label: str = "",
) -> AuditEntry:
    """One entry. `action` is `verb:noun`; `label` stands for the target where there is no row of it."""
    return AuditEntry.objects.create(
        at=timezone.now(),
        organization_id=organization_id,
        actor_kind=by.kind.value,
        actor_id=by.id,
        actor=by.label[:254],
        is_staff=by.is_staff_in(organization_id),
        address=by.address[:45],
        action=action,
        target_type=(target._meta.model_name or "") if target is not None else "",
        target_id=str(target.pk) if target is not None else "",
        target=(label or str(target or ""))[:254],
        changes={
            name: [_shown(before), _shown(after)] for name, (before, after) in (differences or {}).items()
        },
    )


def snapshot(instance: Model) -> dict[str, Any]:
    """The instance's fields by name, to compare before with after; a secret's parts one by one."""
    values: dict[str, Any] = {}
    for field in instance._meta.concrete_fields:
        value = field.value_from_object(instance)
        if isinstance(field, EncryptedJSONField):
            values |= {f"{field.name}.{name}": Secret(str(part)) for name, part in (value or {}).items()}
        elif hasattr(field, "in_words"):  # it says itself how it is told
            values[field.name] = field.in_words(value)
        elif isinstance(value, dict):
            values |= {f"{field.name}.{name}": part for name, part in value.items()}
        elif _is_told(field):
            values[field.name] = value
    for many in instance._meta.many_to_many:
        values[many.name] = (
            sorted(str(one) for one in getattr(instance, many.name).all()) if instance.pk else []
        )
    return values


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> Differences:
    """What differs between two snapshots; None stands for absent."""
    names = [*before, *(name for name in after if name not in before)]
    return {
        name: (before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    }


def drop_old(days: int, now: datetime) -> int:
    """Forget what is older than so many days. Returns how many entries."""
    return AuditEntry.objects.filter(at__lt=now - timedelta(days=days)).delete()[0]


def _is_told(field: Field[Any, Any]) -> bool:
    """Keys, hashes and what the database keeps for itself say nothing to a person."""
    untold = {"id", "password", "digest", "config_version", "last_login", "sessions_ended_at", "document"}
    return field.name not in untold


def _shown(value: Any) -> Any:
    if isinstance(value, Secret):
        return MASK
    if value is None or isinstance(value, bool | int | float | str | list):
        return value
    return value.isoformat() if isinstance(value, datetime) else str(value)
