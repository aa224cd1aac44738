"""The addresses that this installation sends from, which only its operator knows."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

UNSET = (
    "The operator has not said which addresses requests come from: ask them before you filter by address. "
    "A signature proves a request whatever its address."
)
SET = "Requests come from these addresses only. Verify the signature all the same."


@dataclass(frozen=True, slots=True)
class Egress:
    """The addresses or ranges, and a sentence about them."""

    addresses: tuple[str, ...]
    sentence: str


def egress() -> Egress:
    """As the setting EGRESS_ADDRESSES says."""
    addresses = tuple(settings.EGRESS_ADDRESSES)
    return Egress(addresses, SET if addresses else UNSET)
