"""Access tokens of vendors: kept encrypted in PostgreSQL, renewed by one worker for all."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import F, Q
from django.utils.crypto import salted_hmac

from accounts.fields import UndecryptableSecret
from delivery.core.request import Request
from delivery.core.response import Response
from integrations.core.mapping import Rejection
from integrations.core.vendor.grants import Grant
from integrations.core.vendor.moment import Moment
from integrations.core.vendor.tokens import NoToken, Token, read_token
from integrations.models import AccessToken

UNAUTHORIZED = 401
ASKING = timedelta(seconds=15)  # a worker's time to bring a token; then another one asks
LOOK_AGAIN = timedelta(seconds=1)  # while another worker asks
EARLY = timedelta(seconds=60)  # a token is renewed so long before its end, at most a tenth of its life
FRESH = timedelta(minutes=5)  # a token that replaced a refused one is not replaced again within this time
WAITS_S = (10, 30, 90, 300)  # after so many failures in a row; the last one holds for later ones
FORGOTTEN_AFTER = timedelta(days=400)  # a refresh token that nobody used for a year has ended
log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Held:
    """A token to use."""

    id: str
    generation: int
    value: str
    after_refusal: bool


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Ask:
    """It is this worker's turn to ask: send the request and hand the answer to `learn`."""

    id: str
    grant: Grant
    request: Request


@dataclass(frozen=True, kw_only=True, slots=True)
class Wait:
    """No token before then. `is_failing`: the vendor gives none, which concerns everything that needs it."""

    until: datetime
    reason: str
    is_failing: bool


def obtain(
    organization_id: UUID, grant: Grant, *, moment: Moment, insists: bool = False
) -> Held | Ask | Wait:
    """The grant's token, or what has to happen first. Who insists does not wait after a failure."""
    now = moment.now
    id_ = _id(organization_id, grant)
    row = _read(id_)
    if row is None:
        new = AccessToken(id=id_, organization_id=organization_id, changed_at=now)
        AccessToken.objects.bulk_create([new], ignore_conflicts=True)
        row = AccessToken.objects.get(id=id_)
    if row.renew_at is not None and now < row.renew_at:
        return _held(row)
    if row.wait_until is not None and now < row.wait_until and not insists:
        return Wait(until=row.wait_until, reason=row.reason, is_failing=True)
    if not _take_turn(row, now):
        reason = f"Waits for the access token of {grant.vendor}, which another worker asks for."
        return Wait(until=now + LOOK_AGAIN, reason=reason, is_failing=False)
    try:
        request = grant.request(moment, refresh_token=row.secrets.get("refresh_token", ""))
    except Rejection as problem:
        return _failed(id_, str(problem), now)
    return Ask(id=id_, grant=grant, request=request)


def learn(ask: Ask, response: Response, *, now: datetime) -> None:
    """Keep the token that an answer holds, or why it holds none."""
    found = read_token(ask.grant, ask.request, response, now=now)
    if isinstance(found, NoToken):
        _failed(ask.id, found.reason, now)
    else:
        _keep(ask.id, found, now)


def refuse(held: Held, *, now: datetime) -> bool:
    """The vendor did not take the token. Whether the request is worth repeating with another one.

    Not when this token has itself just replaced a refused one: then the credentials are not enough.
    """
    mine = AccessToken.objects.filter(id=held.id, generation=held.generation)
    renewable = Q(after_refusal=False) | Q(obtained_at__lt=now - FRESH)
    if mine.filter(renewable, was_refused=False).update(was_refused=True, renew_at=now, changed_at=now):
        log.info("The access token %s was refused: it is renewed", held.id[:8])
        return True
    return not mine.filter(was_refused=False).exists()


def confirm(held: Held) -> None:
    """The vendor took a token that had replaced a refused one."""
    AccessToken.objects.filter(id=held.id, generation=held.generation).update(after_refusal=False)


def forget_unused(*, now: datetime) -> None:
    """Remove tokens whose credentials nobody uses any more."""
    AccessToken.objects.filter(changed_at__lt=now - FORGOTTEN_AFTER).delete()


def _id(organization_id: UUID, grant: Grant) -> str:
    text = f"{organization_id} {grant.key} {grant.url}"
    return salted_hmac("integrations.access_token", text, algorithm="sha256").hexdigest()


def _read(id_: str) -> AccessToken | None:
    """The row; one that no key opens any more is begun anew."""
    try:
        return AccessToken.objects.filter(id=id_).first()
    except UndecryptableSecret:
        AccessToken.objects.filter(id=id_).delete()
        return None


def _held(row: AccessToken) -> Held:
    return Held(
        id=row.id,
        generation=row.generation,
        value=row.secrets["access_token"],
        after_refusal=row.after_refusal,
    )


def _take_turn(row: AccessToken, now: datetime) -> bool:
    """Whether this worker is the one to ask: one UPDATE decides among all."""
    free = Q(asked_until=None) | Q(asked_until__lte=now)
    turn = AccessToken.objects.filter(free, id=row.id, generation=row.generation, failures=row.failures)
    return bool(turn.update(asked_until=now + ASKING, changed_at=now))


def _keep(id_: str, token: Token, now: datetime) -> None:
    row = AccessToken.objects.filter(id=id_).first()
    if row is None:
        return  # its organization was deleted meanwhile
    lifetime = token.expires_at - now
    refresh_token = token.refresh_token or row.secrets.get("refresh_token", "")
    secrets = {"access_token": token.value, **({"refresh_token": refresh_token} if refresh_token else {})}
    AccessToken.objects.filter(id=id_).update(
        secrets=secrets,
        generation=F("generation") + 1,
        obtained_at=now,
        renew_at=token.expires_at - min(EARLY, lifetime / 10),
        after_refusal=F("was_refused"),
        was_refused=False,
        asked_until=None,
        failures=0,
        wait_until=None,
        reason="",
        changed_at=now,
    )


def _failed(id_: str, reason: str, now: datetime) -> Wait:
    failures = AccessToken.objects.filter(id=id_).values_list("failures", flat=True).first() or 0
    until = now + timedelta(seconds=WAITS_S[min(failures, len(WAITS_S) - 1)])
    AccessToken.objects.filter(id=id_).update(
        failures=F("failures") + 1, wait_until=until, reason=reason, asked_until=None, changed_at=now
    )
    log.warning("%s", reason)
    return Wait(until=until, reason=reason, is_failing=True)
