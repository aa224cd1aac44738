"""The one package that speaks HTTP outwards: many requests at once, to addresses that the policy allows."""

from delivery.http.edge import HttpEdge
from delivery.http.lookups import Resolver, system_resolve
from delivery.http.reach import unreachable

__all__ = ["HttpEdge", "Resolver", "system_resolve", "unreachable"]
