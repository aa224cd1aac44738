"""Operators' switches: intake and sending of the whole installation, in force everywhere within a second."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from enum import StrEnum
from threading import Lock

from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.core.principal import Principal
from accounts.services import audit
from accounts.services.organizations import may_switch
from delivery.doorbell import ring
from integrations.models import OperatorSwitch
from integrations.services.connections import leave_broken_connection

log = logging.getLogger(__name__)
KEPT_S = 1.0  # a process believes what it read for so long


class Switch(StrEnum):
    """What can be stopped."""

    INTAKE = "intake"
    SENDING = "sending"


class OperatorsOnly(PermissionDenied):
    """Only staff of this installation with the role Admin may stop and start it."""


@transaction.atomic
def stop(by: Principal, switch: Switch, reason: str = "") -> bool:
    """Stop it until somebody starts it. False when it was stopped already. Raises OperatorsOnly."""
    return _set(by, switch, is_stopped=True, reason=reason)


@transaction.atomic
def start(by: Principal, switch: Switch) -> bool:
    """Start it again. False when it was on already. Raises OperatorsOnly."""
    started = _set(by, switch, is_stopped=False, reason="")
    if started and switch is Switch.SENDING:
        transaction.on_commit(ring)
    return started


def may_look(by: Principal) -> bool:
    """Whether somebody is staff of the installation, in whatever role."""
    return bool(by.everywhere)


def may_operate(by: Principal) -> bool:
    """Whether somebody may stop and start it: staff that may change every organization."""
    return may_switch(by)


def is_stopped(switch: Switch) -> bool:
    """As it was within the last second; costs no query more often. Never raises."""
    return _known.is_stopped(switch)


def may_send() -> bool:
    """Whether workers may send: the engine asks while it claims."""
    return not is_stopped(Switch.SENDING)


def stopped_intake() -> str | None:
    """Why senders are turned away, None while they are not."""
    return _known.reason(Switch.INTAKE) if is_stopped(Switch.INTAKE) else None


class Known:
    """What a process knows of the switches. Away from its database it goes on with what it knew last.

    One thread reads. Others go on with what is known meanwhile, or wait for it where nothing is yet: a
    process that just began must not let in what was stopped before.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._reading = Lock()
        self._read_at: float | None = None
        self._stopped: Mapping[str, str] = {}

    def is_stopped(self, switch: Switch) -> bool:
        self._look()
        return switch.value in self._stopped

    def reason(self, switch: Switch) -> str:
        return self._stopped.get(switch.value, "")

    def forget(self) -> None:
        self._read_at = None

    def _look(self) -> None:
        at, read_at = self._clock(), self._read_at
        if read_at is not None and at - read_at < KEPT_S:
            return
        if not self._reading.acquire(timeout=KEPT_S if read_at is None else 0):
            return
        try:
            if self._read_at == read_at:  # nobody has read it meanwhile
                self._read(at)
        finally:
            self._reading.release()

    def _read(self, at: float) -> None:
        try:
            leave_broken_connection()
            rows = OperatorSwitch.objects.filter(is_stopped=True)
            self._stopped = dict(rows.values_list("name", "reason"))
        except DatabaseError as error:
            log.warning("The operators' switches can't be read (%s): they stay as they were.", error)
            if self._read_at is None:
                return  # who knows nothing asks again at once
        self._read_at = at


_known = Known()


def _set(by: Principal, switch: Switch, *, is_stopped: bool, reason: str) -> bool:
    if not may_operate(by):
        raise OperatorsOnly(str(OperatorsOnly.__doc__))
    row, _ = OperatorSwitch.objects.select_for_update().get_or_create(
        name=switch.value, defaults={"is_stopped": False, "changed_by": "", "changed_at": timezone.now()}
    )
    if row.is_stopped == is_stopped:
        return False
    before = "stopped" if row.is_stopped else "on"
    row.is_stopped, row.reason = is_stopped, reason
    row.changed_by, row.changed_at = by.label, timezone.now()
    row.save()
    audit.record(
        by,
        f"{'stop' if is_stopped else 'start'}:{switch}",
        organization_id=None,
        label=switch.value.title(),
        differences={"state": (before, "stopped" if is_stopped else "on"), "reason": ("", reason)},
    )
    transaction.on_commit(_known.forget)
    return True
