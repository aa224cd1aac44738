"""Whether a URL's name leads where requests may go, asked before there is any request."""

from __future__ import annotations

import select
from time import monotonic

from delivery.core.addresses import AddressPolicy
from delivery.http.lookups import Lookups, Resolver, system_resolve
from delivery.http.refusal import RefusedError
from delivery.http.routes import Route, Routes
from delivery.http.target import Target, read_target


def unreachable(
    url: str, *, policy: AddressPolicy, resolve: Resolver = system_resolve, within_s: float = 3.0
) -> str | None:
    """Why requests to this URL would be refused now, in a sentence; None when they would not.

    The rules are those at connect time, where they hold again: names change their addresses.
    """
    try:
        target = read_target(url)
    except RefusedError as refused:
        return str(refused)
    lookups = Lookups(resolve)
    try:
        route = _route(Routes(policy, lookups), lookups, target, within_s)
    finally:
        lookups.close()
    if route is None:
        return f"The name {target.host} was not resolved within {within_s:g} s. Check its DNS servers."
    return route.detail or None


def _route(routes: Routes, lookups: Lookups, target: Target, within_s: float) -> Route | None:
    known = routes.find(target, monotonic())
    if known is not None:
        return known
    routes.look_up(target.key)
    is_answered, _, _ = select.select([lookups], [], [], within_s)
    return next((route for _, route in routes.settled()), None) if is_answered else None
