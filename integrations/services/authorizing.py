"""Which rows may leave now: those that need no access token, and those whose token is at hand."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.conf import settings as installation

from delivery.core.outcome import Outcome
from delivery.core.retry import End, TryAgain
from delivery.lanes import Errand, Pause, Row, Settled
from integrations.core.mapping import Rejection
from integrations.core.vendor import Element, Mode, Vendor
from integrations.core.vendor.moment import Moment
from integrations.services.access_tokens import Ask, Held, Wait, obtain

Pair = tuple[Row, Element]


@dataclass(slots=True)
class Authorized:
    """`ready` may be packed at `moment`; `held` and `asked` are tokens by the key of their grant."""

    moment: Moment
    ready: list[Pair] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    asked: dict[str, Errand] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)
    pause: Pause | None = None


def sending_moment(now: datetime) -> Moment:
    """The time as it is, and a nonce that nobody can guess at each call."""
    return Moment(now=now, new_nonce=lambda: secrets.token_hex(16))


def authorize(
    vendor: Vendor,
    settings: Mapping[str, object],
    mode: Mode,
    organization_id: UUID,
    pairs: Sequence[Pair],
    *,
    now: datetime,
) -> Authorized:
    """Sort the rows by what their operation's access token needs; most vendors need none."""
    found = Authorized(moment=sending_moment(now))
    by_operation: dict[str, list[Pair]] = {}
    for pair in pairs:
        by_operation.setdefault(pair[1].operation, []).append(pair)
    for operation, mine in by_operation.items():
        try:
            grant = vendor.grant(operation, settings, mode=mode, sandbox_url=installation.SANDBOX_URL)
        except Rejection as problem:
            found.settled += [Settled(row, End(Outcome.REJECTED), str(problem)) for row, _ in mine]
            continue
        if grant is None or grant.key in found.held:
            found.ready += mine
        elif grant.key in found.asked:
            _join(found, grant.key, mine)
        else:
            _sort(found, mine, grant.key, obtain(organization_id, grant, moment=found.moment))
    tokens = {key: held.value for key, held in found.held.items()}
    found.moment = replace(found.moment, tokens=tokens)
    return found


def _join(found: Authorized, key: str, pairs: Sequence[Pair]) -> None:
    """Let these rows wait for a token that is asked for."""
    errand = found.asked[key]
    found.asked[key] = replace(errand, rows=(*errand.rows, *(row for row, _ in pairs)))


def _sort(found: Authorized, pairs: Sequence[Pair], key: str, obtained: Held | Ask | Wait) -> None:
    match obtained:
        case Held():
            found.held[key] = obtained
            found.ready += pairs
        case Ask(request=request):
            found.asked[key] = Errand(request=request, rows=(), subject=obtained)
            _join(found, key, pairs)
        case Wait(until=until, reason=reason, is_failing=is_failing):
            at = found.moment.now if is_failing else until  # a failing one lets the whole lane wait
            told = f"{reason} Deliveries wait and spend no attempts meanwhile." if is_failing else reason
            found.settled += [Settled(row, TryAgain(at, False), told) for row, _ in pairs]
            if is_failing:
                found.pause = Pause(until, told)
