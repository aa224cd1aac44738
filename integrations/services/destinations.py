"""Connect, change, publish, pause and disable destinations; what waits in their lanes follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from accounts.core.principal import Principal
from accounts.services import audit
from delivery.doorbell import ring
from delivery.ending import cancel_waiting
from delivery.queue import retry_lane_now
from integrations.models import (
    ConsentCategory,
    Delivery,
    Destination,
    DestinationDraft,
    DestinationLane,
    Pipeline,
    VendorRevision,
)
from integrations.services.filters import check_filter
from integrations.services.lanes import TABLES
from integrations.services.mapping_changes import check_mapping_changes
from integrations.services.snapshots import configuration_changed
from integrations.services.vendors import compiled


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A destination as somebody wants it. `values` are its settings, secrets in clear among them."""

    name: str
    vendor_revision: VendorRevision
    mode: str
    values: Mapping[str, Any]
    categories: Iterable[ConsentCategory]
    delay_s: int = 0
    filter: Mapping[str, Any] = field(default_factory=dict)
    max_age_s: int | None = None
    mapping_changes: Sequence[Mapping[str, Any]] = ()


@transaction.atomic
def connect_destination(by: Principal, pipeline: Pipeline, wanted: Wanted) -> Destination:
    """A new destination with its lane. Who may not publish gets it disabled, for somebody to publish."""
    _check(pipeline, wanted)
    destination = Destination(pipeline=pipeline, enabled=by.may(PUBLISH, pipeline.organization_id))
    _apply(destination, wanted)
    DestinationLane.objects.create(destination=destination)
    _told(by, "create", destination, audit.differences({}, audit.snapshot(destination)))
    return destination


@transaction.atomic
def change_destination(by: Principal, destination: Destination, wanted: Wanted) -> bool:
    """Change it, or stage the change when its author may not publish. True when it is in force."""
    _check(destination.pipeline, wanted)
    _refuse_showing(destination, wanted)
    if not by.may(PUBLISH, destination.pipeline.organization_id):
        _stage(by, destination, wanted)
        return False
    stored = Destination.objects.select_for_update().get(pk=destination.pk)
    _refuse_rotation(by, stored, wanted)
    _check_mode_change(stored, wanted)
    before = audit.snapshot(stored)
    destination.enabled = stored.enabled  # somebody may have disabled it since this one was read
    _apply(destination, wanted)
    discarded, _ = DestinationDraft.objects.filter(destination=destination).delete()
    differences = audit.differences(before, audit.snapshot(destination))
    if differences or discarded or _reads(stored) != _reads(destination):
        _told(by, "update", destination, differences)
    return True


@transaction.atomic
def publish_destination(by: Principal, destination: Destination) -> None:
    """Put a staged change in force; a destination that was never published is enabled."""
    before = audit.snapshot(destination)
    draft = DestinationDraft.objects.filter(destination=destination).first()
    if draft is not None:
        wanted = wanted_of(draft)
        _check(destination.pipeline, wanted)
        _refuse_showing(destination, wanted)
        stored = Destination.objects.get(pk=destination.pk)
        _refuse_rotation(by, stored, wanted)
        _check_mode_change(stored, wanted)
        destination.enabled = True
        _apply(destination, wanted)
        draft.delete()
    else:
        _enable(destination)
    _told(by, "publish", destination, audit.differences(before, audit.snapshot(destination)))


@transaction.atomic
def discard_draft(by: Principal, destination: Destination) -> None:
    """The staged change is not wanted."""
    deleted, _ = DestinationDraft.objects.filter(destination=destination).delete()
    if deleted:
        _told(by, "discard", destination, {})


@transaction.atomic
def disable_destination(by: Principal, destination: Destination) -> int:
    """No more events; what waits is cancelled with the reason. Returns how many."""
    changed = Destination.objects.filter(id=destination.id, enabled=True).update(enabled=False)
    destination.enabled = False
    if changed:
        _told(by, "disable", destination, {"enabled": (True, False)})
    return cancel_waiting(TABLES, destination.id, reason=f"{destination.name} was disabled.")


@transaction.atomic
def enable_destination(by: Principal, destination: Destination) -> None:
    """Later events are sent again."""
    _enable(destination)
    _told(by, "enable", destination, {"enabled": (False, True)})


@transaction.atomic
def remove_destination(by: Principal, destination: Destination) -> None:
    """What waits is cancelled, results and attempts stay, the destination goes."""
    before = audit.snapshot(destination)
    disable_destination(by, destination)
    organization_id, pipeline_id, key = (
        destination.pipeline.organization_id,
        destination.pipeline_id,
        destination.pk,
    )
    destination.delete()
    destination.pk = key
    configuration_changed(pipeline_id)
    differences = audit.differences(before, {})
    audit.record(
        by, "delete:destination", destination, organization_id=organization_id, differences=differences
    )


@transaction.atomic
def pause_destination(by: Principal, destination: Destination, reason: str) -> None:
    """Deliveries wait until it is resumed; events are still planned for it."""
    reason = reason or f"Paused by {by.label}."
    DestinationLane.objects.filter(destination=destination).update(paused_reason=reason)
    _told(by, "pause", destination, {"paused_reason": ("", reason)})


@transaction.atomic
def resume_destination(by: Principal, destination: Destination) -> None:
    """What waited goes out."""
    DestinationLane.objects.filter(destination=destination).update(paused_reason="")
    _told(by, "resume", destination, {})
    transaction.on_commit(ring)


@transaction.atomic
def close_breaker(by: Principal, destination: Destination) -> None:
    """Try again now instead of when the breaker's time is over: the next request is its probe."""
    retry_lane_now(TABLES, destination.pk)
    _told(by, "close_breaker", destination, {})
    transaction.on_commit(ring)


# --- Parts --------------------------------------------------------------------------------------------
PUBLISH, ROTATE = "publish:destination", "rotate:secret"


class MayNotRotate(PermissionDenied):
    """This needs the permission rotate:secret."""


def split_secrets(
    revision: VendorRevision, values: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The vendor's settings in two: what may be shown, and what is kept encrypted."""
    secret = {field.name for field in compiled(revision).settings.values() if field.secret}
    shown = {name: value for name, value in values.items() if name not in secret}
    hidden = {name: value for name, value in values.items() if name in secret}
    return shown, hidden


def check_settings(revision: VendorRevision, values: Mapping[str, Any]) -> None:
    """Raise ValidationError with one sentence a field that the vendor's definition refuses."""
    problems = compiled(revision).validate_settings(values)
    if problems:
        raise ValidationError({problem.field: problem.message for problem in problems})


def check_mode(mode: str) -> None:
    """Sandbox mode needs the operator's SANDBOX_URL."""
    if mode == Destination.Mode.SANDBOX and not django_settings.SANDBOX_URL:
        sentence = "Sandbox mode is off in this installation: the operator sets SANDBOX_URL."
        raise ValidationError({"mode": sentence})


def check_categories(pipeline: Pipeline, categories: Iterable[ConsentCategory]) -> None:
    """At least one, and all of the pipeline's organization."""
    chosen = list(categories)
    strangers = [one for one in chosen if one.organization_id != pipeline.organization_id]
    if strangers:
        raise ValidationError({"consent_categories": f"{strangers[0]} belongs to another organization."})
    if not chosen:
        sentence = "Choose at least one: without it nobody's consent would be asked."
        raise ValidationError({"consent_categories": sentence})


def check_waits(delay_s: int, max_age_s: int | None) -> None:
    """What is delayed must not be too old by then."""
    if max_age_s is not None and max_age_s <= delay_s:
        sentence = (
            f"Give more than the delay of {delay_s} seconds, or every event is too old at its first attempt."
        )
        raise ValidationError({"max_age_s": sentence})


def wanted_of(source: Destination | DestinationDraft) -> Wanted:
    """A destination or its draft as it stands, to change it in part."""
    return Wanted(
        name=source.name,
        vendor_revision=source.vendor_revision,
        mode=source.mode,
        values={**source.settings, **source.secrets},
        categories=list(source.consent_categories.all()),
        delay_s=source.delay_s,
        filter=source.filter,
        max_age_s=source.max_age_s,
        mapping_changes=source.mapping_changes,
    )


def _check(pipeline: Pipeline, wanted: Wanted) -> None:
    owner = wanted.vendor_revision.organization_id
    if owner not in (None, pipeline.organization_id):
        raise ValidationError({"vendor_revision": "This vendor belongs to another organization."})
    check_settings(wanted.vendor_revision, wanted.values)
    check_mode(wanted.mode)
    check_categories(pipeline, wanted.categories)
    check_filter(wanted.vendor_revision, wanted.filter)
    check_mapping_changes(wanted.vendor_revision, wanted.mapping_changes)
    check_waits(wanted.delay_s, wanted.max_age_s)


def _refuse_rotation(by: Principal, stored: Destination, wanted: Wanted) -> None:
    """Other secrets are in force only by somebody who may rotate them."""
    _, secrets = split_secrets(wanted.vendor_revision, wanted.values)
    rotates = any(secrets.get(name) != value for name, value in stored.secrets.items())
    if rotates and not by.may(ROTATE, stored.pipeline.organization_id):
        raise MayNotRotate(str(MayNotRotate.__doc__))


def _refuse_showing(destination: Destination, wanted: Wanted) -> None:
    """What is stored as a secret is not shown because another revision no longer calls it one."""
    shown, _ = split_secrets(wanted.vendor_revision, wanted.values)
    draft = DestinationDraft.objects.filter(destination=destination).first()
    stored = [*destination.secrets.items(), *(draft.secrets.items() if draft else ())]
    would_show = sorted(name for name, value in stored if value and shown.get(name) == value)
    if would_show:
        sentence = (
            f"{wanted.vendor_revision} shows this setting to everyone, and it is stored as a secret. "
            "Give it another value, or keep a revision that declares it secret."
        )
        raise ValidationError(dict.fromkeys(would_show, sentence))


def _check_mode_change(stored: Destination, wanted: Wanted) -> None:
    """What waits was planned for one mode; sent in another, a test would be live or a live event lost."""
    if stored.mode != wanted.mode and Delivery.objects.filter(lane_id=stored.pk).exists():
        sentence = (
            f"Deliveries still wait for {stored.name} in {stored.mode} mode. Let them end, or disable the "
            "destination to cancel them; then change the mode."
        )
        raise ValidationError({"mode": sentence})


def _apply(destination: Destination, wanted: Wanted) -> None:
    destination.name = wanted.name
    destination.vendor_revision = wanted.vendor_revision
    destination.mode = wanted.mode
    destination.settings, destination.secrets = split_secrets(wanted.vendor_revision, wanted.values)
    destination.delay_s, destination.max_age_s = wanted.delay_s, wanted.max_age_s
    destination.filter, destination.mapping_changes = dict(wanted.filter), list(wanted.mapping_changes)
    destination.full_clean()
    destination.save()
    destination.consent_categories.set(wanted.categories)


def _stage(by: Principal, destination: Destination, wanted: Wanted) -> None:
    shown, hidden = split_secrets(wanted.vendor_revision, wanted.values)
    draft, _ = DestinationDraft.objects.update_or_create(
        destination=destination,
        defaults={
            "name": wanted.name,
            "vendor_revision": wanted.vendor_revision,
            "mode": wanted.mode,
            "settings": shown,
            "secrets": hidden,
            "delay_s": wanted.delay_s,
            "filter": dict(wanted.filter),
            "mapping_changes": list(wanted.mapping_changes),
            "max_age_s": wanted.max_age_s,
            "staged_by": by.label,
        },
    )
    draft.consent_categories.set(wanted.categories)
    differences = audit.differences(audit.snapshot(destination), audit.snapshot(draft))
    ignored = {"destination", "staged_by", "staged_at", "pipeline", "enabled", "created_at"}
    told = {name: pair for name, pair in differences.items() if name not in ignored}
    audit.record(
        by,
        "stage:destination",
        destination,
        organization_id=destination.pipeline.organization_id,
        differences=told,
    )


def _reads(destination: Destination) -> tuple[Any, Any]:
    """What snapshots tell in sentences, which two documents may share."""
    return destination.filter, destination.mapping_changes


def _enable(destination: Destination) -> None:
    check_categories(destination.pipeline, destination.consent_categories.all())
    Destination.objects.filter(id=destination.id).update(enabled=True)
    destination.enabled = True


def _told(by: Principal, verb: str, destination: Destination, differences: audit.Differences) -> None:
    configuration_changed(destination.pipeline_id)
    audit.record(
        by,
        f"{verb}:destination",
        destination,
        organization_id=destination.pipeline.organization_id,
        differences=differences,
    )
