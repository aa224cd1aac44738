"""Connect, change, pause and disable destinations; what waits in their lanes follows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings as django_settings
from django.core.exceptions import ValidationError
from django.db import transaction

from delivery.doorbell import ring
from delivery.queue import cancel_waiting
from integrations.models import ConsentCategory, Destination, DestinationLane, Pipeline, VendorRevision
from integrations.services.lanes import TABLES
from integrations.services.snapshots import configuration_changed
from integrations.services.vendors import compiled


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
        raise ValidationError(
            {"mode": "Sandbox mode is off in this installation: the operator sets SANDBOX_URL."}
        )


@transaction.atomic
def connect_destination(
    pipeline: Pipeline,
    revision: VendorRevision,
    *,
    name: str,
    mode: str,
    values: Mapping[str, Any],
    categories: Iterable[ConsentCategory],
) -> Destination:
    """A new destination with its lane; it gets events from this transaction's commit on."""
    check_settings(revision, values)
    check_mode(mode)
    shown, hidden = split_secrets(revision, values)
    destination = Destination.objects.create(
        pipeline=pipeline, vendor_revision=revision, name=name, mode=mode, settings=shown, secrets=hidden
    )
    destination.consent_categories.set(categories)
    DestinationLane.objects.create(destination=destination)
    configuration_changed(pipeline.id)
    return destination


@transaction.atomic
def disable_destination(destination: Destination) -> int:
    """No more events; what waits is cancelled with the reason. Returns how many."""
    Destination.objects.filter(id=destination.id).update(enabled=False)
    configuration_changed(destination.pipeline_id)
    return cancel_waiting(TABLES, destination.id, reason=f"{destination.name} was disabled.")


@transaction.atomic
def enable_destination(destination: Destination) -> None:
    """Later events are sent again."""
    Destination.objects.filter(id=destination.id).update(enabled=True)
    configuration_changed(destination.pipeline_id)


def pause_destination(destination: Destination, reason: str) -> None:
    """Deliveries wait until it is resumed; events are still planned for it."""
    DestinationLane.objects.filter(destination=destination).update(paused_reason=reason or "Paused by hand.")


def resume_destination(destination: Destination) -> None:
    """What waited goes out."""
    DestinationLane.objects.filter(destination=destination).update(paused_reason="")
    ring()


def close_breaker(destination: Destination) -> None:
    """Try again now instead of when the breaker's time is over: the next request is its probe."""
    DestinationLane.objects.filter(destination=destination).update(
        breaker_open_until=None, throttled_until=None
    )
    ring()
