"""The books: every click, conversion and sale, and who is whose customer."""

import uuid
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any

from ..clock import now_text
from .entries import Click, Conversion, Outcome, Sale

KEPT_ENTRIES = 20_000  # of each kind; the oldest go first


class Books:
    def __init__(self) -> None:
        self._lock = Lock()
        self._open()

    def _open(self) -> None:
        self._clicks: OrderedDict[str, Click] = OrderedDict()
        self._customers: OrderedDict[str, Conversion] = OrderedDict()
        self._sale_keys: OrderedDict[str, bool] = OrderedDict()
        self._conversions: deque[Conversion] = deque(maxlen=KEPT_ENTRIES)
        self._sales: deque[Sale] = deque(maxlen=KEPT_ENTRIES)

    def clear(self) -> None:
        with self._lock:
            self._open()

    def record_click(self, partner_key: str, sub_ids: Sequence[str], landing: str) -> Click:
        click = Click(
            xid=str(uuid.uuid4()),
            partner_key=partner_key,
            sub_ids=tuple(sub_ids),
            landing=landing,
            at=now_text(),
        )
        with self._lock:
            _keep(self._clicks, click.xid, click)
        return click

    def record_conversion(self, body: Mapping[str, Any]) -> Conversion:
        """Attribute a conversion to the partner of its click, once for each customer.

        An unknown xid makes no customer, so the same customer may still be attributed later.
        """
        with self._lock:
            outcome, click = self._attribution(body["xid"], body["customer_key"])
            conversion = Conversion(
                customer_key=body["customer_key"],
                xid=body["xid"],
                email=body.get("email", ""),
                sub_ids=tuple(body.get("sub_ids", ())),
                outcome=outcome,
                click=click,
                at=now_text(),
            )
            self._conversions.append(conversion)
            if outcome is Outcome.ATTRIBUTED:
                _keep(self._customers, conversion.customer_key, conversion)
        return conversion

    def _attribution(self, xid: str, customer_key: str) -> tuple[Outcome, Click | None]:
        if customer_key in self._customers:
            return Outcome.DUPLICATE, None
        click = self._clicks.get(xid)
        return (Outcome.UNATTRIBUTED if click is None else Outcome.ATTRIBUTED), click

    def record_sale(self, body: Mapping[str, Any]) -> Sale:
        """Write a sale down; a key that was seen before makes it a duplicate that earns nothing."""
        key = body.get("key", "")
        names = ("customer_external_key", "customer_email", "customer_key")
        with self._lock:
            click = next(
                (known.click for known in self._customers.values() if known.is_customer_of(body)), None
            )
            sale = Sale(
                key=key,
                customer=next(body[name] for name in names if name in body),
                amount=body["amount"],
                currency=body["currency"],
                partner_key=click.partner_key if click else "",
                is_duplicate=key in self._sale_keys,
                at=now_text(),
            )
            self._sales.append(sale)
            if key:
                _keep(self._sale_keys, key, True)
        return sale

    def customer(self, customer_key: str) -> Conversion | None:
        with self._lock:
            return self._customers.get(customer_key)

    def clicks(self) -> list[Click]:
        with self._lock:
            return list(self._clicks.values())

    def conversions(self) -> list[Conversion]:
        with self._lock:
            return list(self._conversions)

    def sales(self) -> list[Sale]:
        with self._lock:
            return list(self._sales)


def _keep(entries: OrderedDict[str, Any], key: str, entry: object) -> None:
    entries[key] = entry
    if len(entries) > KEPT_ENTRIES:
        entries.popitem(last=False)
