"""A staged change of a destination, field by field: what it would change."""

from __future__ import annotations

from typing import Any

from accounts.admin.audit_changes import SECRETS, Change, words
from integrations.core.filter import sentence
from integrations.core.vendor.changes import sentence as mapping
from integrations.models import Destination, DestinationDraft
from integrations.services.destinations import Wanted, wanted_of
from integrations.services.vendors import compiled

FIELDS = {
    "name": "Name",
    "vendor_revision": "Vendor revision",
    "mode": "Mode",
    "delay_s": "Delay",
    "max_age_s": "Maximum age",
}


def draft_of(destination: Destination) -> DestinationDraft | None:
    """The change that waits, when there is one."""
    return getattr(destination, "draft", None)


def differences_of(draft: DestinationDraft) -> list[Change]:
    """What publishing would change, secrets only as changed."""
    old, new = wanted_of(draft.destination), wanted_of(draft)
    pairs = [(label, getattr(old, name), getattr(new, name)) for name, label in FIELDS.items()]
    pairs.append(("Filter", sentence(old.filter), sentence(new.filter)))
    pairs.append(("Mapping", mapping(old.mapping_changes), mapping(new.mapping_changes)))
    pairs.append(("Consent categories", _names(old), _names(new)))
    plain = [_change(label, before, after) for label, before, after in pairs if before != after]
    return plain + _settings(old, new)


def _settings(old: Wanted, new: Wanted) -> list[Change]:
    declared = {**compiled(old.vendor_revision).settings, **compiled(new.vendor_revision).settings}
    changes = []
    for name in dict.fromkeys([*old.values, *new.values]):
        before, after = old.values.get(name), new.values.get(name)
        setting = declared.get(name)
        label = setting.label if setting else name
        if before != after:
            is_secret = setting is None or setting.secret  # what nobody declares any more may have been one
            changes.append((_secret if is_secret else _change)(label, before, after))
    return changes


def _secret(label: str, before: Any, after: Any) -> Change:
    told = SECRETS[before is not None, after is not None]
    return Change(field=label, before=told[0], after=told[1])


def _change(label: str, before: Any, after: Any) -> Change:
    return Change(field=label, before=words(before), after=words(after))


def _names(wanted: Wanted) -> list[str]:
    return sorted(str(category) for category in wanted.categories)
