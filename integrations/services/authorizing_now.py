"""An access token for one request that a person waits for: a test, outside any lane."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings as installation

from delivery.once import send_once
from integrations.core.mapping import Rejection
from integrations.core.vendor.grants import Grant
from integrations.core.vendor.moment import Moment
from integrations.services.access_tokens import Ask, Held, learn, obtain
from integrations.services.authorizing import sending_moment
from integrations.services.previews import Subject

LOOKS = 10  # while a worker asks for the same token
LOOK_S = 1.0


@dataclass(frozen=True, kw_only=True, slots=True)
class AuthorizedNow:
    """The moment of sending, and the token in it when the operation needs one."""

    moment: Moment
    held: Held | None = None


class NoAccessToken(Exception):
    """The vendor gives no access token now; the message says why."""


def authorize_now(subject: Subject, organization_id: UUID, operation: str, *, now: datetime) -> AuthorizedNow:
    """What this operation needs to be sent. Raises NoAccessToken."""
    moment = sending_moment(now)
    try:
        grant = subject.vendor.grant(
            operation, subject.settings, mode=subject.mode, sandbox_url=installation.SANDBOX_URL
        )
    except Rejection as problem:
        raise NoAccessToken(str(problem)) from None
    if grant is None:
        return AuthorizedNow(moment=moment)
    held = _obtained(organization_id, grant, moment)
    return AuthorizedNow(moment=replace(moment, tokens={grant.key: held.value}), held=held)


def _obtained(organization_id: UUID, grant: Grant, moment: Moment) -> Held:
    for look in range(LOOKS):
        at = moment.now + timedelta(seconds=look * LOOK_S)
        obtained = obtain(organization_id, grant, moment=replace(moment, now=at), insists=look == 0)
        if isinstance(obtained, Held):
            return obtained
        if isinstance(obtained, Ask):
            learn(obtained, send_once(obtained.request), now=at)
        elif obtained.is_failing:
            raise NoAccessToken(obtained.reason)
        else:
            time.sleep(LOOK_S)
    reason = f"A worker asks for the access token of {grant.vendor} and has no answer yet. Try again."
    raise NoAccessToken(reason)
