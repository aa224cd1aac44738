"""What PartnerStack writes down: clicks, conversions and sales."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Outcome(StrEnum):
    ATTRIBUTED = "attributed"
    UNATTRIBUTED = "unattributed"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, kw_only=True)
class Click:
    xid: str
    partner_key: str
    sub_ids: tuple[str, ...]
    landing: str
    at: str


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """One sign-up conversion as it was sent; `click` is the click it was attributed to."""

    customer_key: str
    xid: str
    email: str
    sub_ids: tuple[str, ...]
    outcome: Outcome
    click: Click | None
    at: str

    @property
    def internal_key(self) -> str:
        """PartnerStack's own key of the customer, which its sales API calls `customer_key`."""
        return f"cus_{uuid.uuid5(uuid.NAMESPACE_OID, self.customer_key).hex[:14]}"

    @property
    def is_test(self) -> bool:
        return self.click is not None and self.click.partner_key.startswith("test")

    def is_customer_of(self, sale: Mapping[str, object]) -> bool:
        """Whether a sale names this customer, in one of the three ways it may."""
        return (
            sale.get("customer_external_key") == self.customer_key
            or sale.get("customer_key") == self.internal_key
            or (bool(self.email) and str(sale.get("customer_email", "")).lower() == self.email.lower())
        )


@dataclass(frozen=True, kw_only=True)
class Sale:
    """A transaction in minor units; `partner_key` is empty when its customer came through no partner."""

    key: str
    customer: str
    amount: int
    currency: str
    partner_key: str
    is_duplicate: bool
    at: str
