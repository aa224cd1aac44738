"""From a name to the checked addresses that it is reached by, kept for a while."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import monotonic

from delivery.core.addresses import AddressPolicy
from delivery.core.response import Failure
from delivery.http.lookups import Found, Lookups
from delivery.http.target import HostPort, Target

NAME_LIFETIME_S = 5.0  # how long an answer of the resolver is used again
NAMES_LIMIT = 1024  # answers of the resolver that are kept


@dataclass(slots=True, eq=False)
class Route:
    """The checked addresses of one host and port, or why there are none."""

    addresses: tuple[str, ...]
    expires_at: float
    failure: Failure | None = None
    detail: str = ""

    def prefer_next(self, unreachable: str) -> None:
        """Let later requests begin with another address than the one that could not be reached."""
        if self.addresses[0] == unreachable:
            self.addresses = (*self.addresses[1:], unreachable)


NOWHERE = Route((), 0.0)


class Routes:
    """The routes that are known; others are looked up and come with `settled`."""

    def __init__(self, policy: AddressPolicy, lookups: Lookups) -> None:
        self._policy = policy
        self._lookups = lookups
        self._known: dict[HostPort, Route] = {}

    def find(self, target: Target, now: float) -> Route | None:
        """Where a target is reached, None when its name must be looked up."""
        route = self._known.get(target.key)
        if route is not None and now < route.expires_at:
            return route
        if target.literal is not None:
            return self._remember(target.key, self._checked((target.literal,), target.key))
        return None

    def look_up(self, key: HostPort) -> None:
        """Find out where a host and port are reached."""
        self._lookups.ask(key)

    def settled(self) -> Iterator[tuple[HostPort, Route]]:
        """What each look-up that has ended comes to."""
        for key, found in self._lookups.answers():
            yield key, self._remember(key, self._judged(found, key))

    def _remember(self, key: HostPort, route: Route) -> Route:
        self._known.pop(key, None)
        while len(self._known) >= NAMES_LIMIT:
            del self._known[next(iter(self._known))]
        self._known[key] = route
        return route

    def _judged(self, found: Found, key: HostPort) -> Route:
        if isinstance(found, Exception):
            why = getattr(found, "strerror", None) or found  # a resolver's number says nothing to people
            detail = f"The name {key[0]} could not be resolved: {why}. Check the spelling and its DNS."
            return Route((), monotonic() + NAME_LIFETIME_S, Failure.DNS, detail)
        return self._checked(found, key)

    def _checked(self, addresses: Sequence[str], key: HostPort) -> Route:
        expires_at = monotonic() + NAME_LIFETIME_S
        if not addresses:
            return Route((), expires_at, Failure.DNS, f"{key[0]} has no address. Check its DNS records.")
        refusal = self._policy.refusal_of_any(addresses)
        if refusal is not None:
            return Route((), expires_at, Failure.ADDRESS_REFUSED, refusal)
        # Names rotate their addresses; kept connections are used again only to the same one.
        before = self._known[key].addresses[:1] if key in self._known else ()
        return Route(tuple(sorted(addresses, key=lambda address: address not in before)), expires_at)
