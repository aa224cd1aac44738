"""`products_total`: what the products of a cart come to, for events that don't say it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from integrations.core.dictionary import CONTENTS, PRODUCT
from integrations.core.operations.numbers import number
from integrations.core.operations.values import BadValue, to_decimal

PRICES = (*PRODUCT["price"][1].split(), CONTENTS["price"])
QUANTITIES = (*PRODUCT["quantity"][1].split(), CONTENTS["quantity"])


def total(value: object, _: object) -> object:
    """The sum of price times quantity, 1 where none is told; nothing when a price or quantity is unusable, or
    they come to more than a number may be.
    """
    products = value if isinstance(value, list) else [value]
    amounts = [_amount(product) for product in products]
    told = [amount for amount in amounts if amount is not None]
    if not told or len(told) < len(amounts):
        return None
    try:
        return number(sum(told, Decimal(0)), None)
    except BadValue:
        return None


def _amount(product: object) -> Decimal | None:
    if not isinstance(product, Mapping):
        return None
    quantity = _first(product, QUANTITIES)
    try:
        return to_decimal(_first(product, PRICES)) * (
            Decimal(1) if quantity is None else to_decimal(quantity)
        )
    except BadValue:
        return None


def _first(product: Mapping[str, object], names: tuple[str, ...]) -> object:
    return next((found for name in names if (found := product.get(name)) not in (None, "")), None)
