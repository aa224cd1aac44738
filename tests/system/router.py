"""What a back end says to the router, and what the router's database says about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import psycopg
import requests

CATEGORIES = ("functional", "analytics", "advertising")
GRANTED = {"categoryPreferences": dict.fromkeys(CATEGORIES, True)}
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
IP = "203.0.113.7"
PAGE_URL = "https://shop.example/thanks?adct=click-1"


class Router(requests.Session):
    """Sends events with a write key, as any HTTP client does."""

    def __init__(self, url: str, write_key: str) -> None:
        super().__init__()
        self.trust_env = False
        self.url = url
        self.auth = (write_key, "")

    def submit(self, event: object, path: str = "/v1/track") -> requests.Response:
        return self.post(self.url + path, json=event, timeout=30)

    def submit_batch(self, events: Sequence[object]) -> requests.Response:
        return self.submit({"batch": events}, "/v1/batch")

    def submit_bytes(self, body: bytes, path: str = "/v1/track", **headers: str) -> requests.Response:
        named = {"Content-Type": "application/json"} | {k.replace("_", "-"): v for k, v in headers.items()}
        return self.post(self.url + path, data=body, headers=named, timeout=30)


class Database:
    """Reads what the run has written. A connection each time, so that the run may come and go."""

    def __init__(self, url: str) -> None:
        self._url = url

    def rows(self, query: str, *arguments: object) -> list[tuple[Any, ...]]:
        with psycopg.connect(self._url, autocommit=True) as connection:
            return connection.execute(query, arguments).fetchall()

    def number(self, query: str, *arguments: object) -> int:
        return int(self.rows(query, *arguments)[0][0])

    def events(self, user: str) -> int:
        return self.number("SELECT count(*) FROM integrations_event WHERE user_id = %s", user)

    def all_events(self) -> int:
        return self.number("SELECT count(*) FROM integrations_event")

    def unfinished(self) -> int:
        return self.number("SELECT count(*) FROM integrations_delivery")

    def destinations(self, *vendors: str) -> list[UUID]:
        """Those of these vendors."""
        query = """
            SELECT d.id FROM integrations_destination d
            JOIN integrations_vendorrevision v ON v.id = d.vendor_revision_id WHERE v.slug = any(%s)
        """
        return [row[0] for row in self.rows(query, list(vendors))]

    def in_flight(self, vendor: str) -> int:
        """Deliveries that a worker has claimed and not recorded yet."""
        query = f"SELECT count(*) FROM integrations_delivery q {DESTINATION} WHERE q.claim_id IS NOT NULL"
        return self.number(f"{query} AND {IS}", vendor)

    def waiting_again(self, vendor: str) -> int:
        """Deliveries that failed and are due later."""
        query = f"SELECT count(*) FROM integrations_delivery q {DESTINATION} WHERE q.claim_id IS NULL"
        return self.number(f"{query} AND q.attempts > 0 AND q.due_at > now() AND {IS}", vendor)

    def lost(self) -> int:
        """Deliveries that were planned and neither ended nor wait. Anything but 0 is a fault."""
        return self.number(
            "SELECT (SELECT coalesce(sum(planned), 0) FROM integrations_event)"
            " - (SELECT count(*) FROM integrations_delivery WHERE replay_id IS NULL)"
            " - (SELECT count(*) FROM integrations_deliveryresult WHERE replay_id IS NULL)"
        )

    def outcomes(self, user: str, vendor: str) -> dict[str, int]:
        """How this person's deliveries to a vendor ended: outcome -> how many."""
        query = f"SELECT outcome, count(*) {RESULTS} GROUP BY outcome"
        return dict(self.rows(query, user, vendor))  # type: ignore[arg-type]

    def events_delivered(self, user: str, vendor: str) -> int:
        """How many different events of this person were delivered to a vendor."""
        return self.number(f"SELECT count(DISTINCT e.id) {RESULTS} AND outcome = 'delivered'", user, vendor)

    def ending(self, user: str, vendor: str) -> tuple[str, int, str] | None:
        """Outcome, attempts and reason of this person's one delivery to a vendor, once it ended."""
        found = self.rows(f"SELECT outcome, attempts, reason {RESULTS}", user, vendor)
        return found[0] if found else None  # type: ignore[return-value]

    def attempts(self, user: str, vendor: str) -> list[tuple[int | None, str]]:
        """Status and verdict of each request that was made for this person's one delivery, in their order."""
        query = f"""
            SELECT a.status, a.verdict FROM integrations_attempt a
            WHERE a.id = any((SELECT attempt_ids {RESULTS})::uuid[]) ORDER BY a.started_at
        """
        return self.rows(query, user, vendor)


DESTINATION = """
    JOIN integrations_destination d ON d.id = q.lane_id
    JOIN integrations_vendorrevision v ON v.id = d.vendor_revision_id
"""
IS = "v.slug = %s"
RESULTS = f"""
    FROM integrations_event e JOIN integrations_deliveryresult q ON q.event_id = e.id {DESTINATION}
    WHERE e.user_id = %s AND {IS}
"""


def new_user() -> str:
    """Somebody that no other test knows."""
    return f"user-{uuid4().hex[:12]}"


def page_view(user: str, **fields: object) -> dict[str, Any]:
    """A page view that AdRoll and Audiohook take."""
    return {"type": "page", "userId": user, "anonymousId": user, "context": visitor()} | fields


def order(user: str, order_id: str = "", **fields: object) -> dict[str, Any]:
    """A purchase that AdRoll, Audiohook and PartnerStack take."""
    properties = {"order_id": order_id or f"order-{uuid4().hex}", "revenue": 20, "currency": "USD"}
    event = {"type": "track", "event": "Order Completed", "userId": user, "anonymousId": user}
    return event | {"properties": properties, "context": visitor()} | fields


def visitor(**more: object) -> dict[str, Any]:
    """Who agreed to everything and came over an AdRoll ad."""
    return {"consent": GRANTED, "ip": IP, "userAgent": USER_AGENT, "page": {"url": PAGE_URL}} | more


def only(vendor: str) -> dict[str, bool]:
    """Segment's integrations object that narrows an event to one vendor."""
    return {"All": False, vendor: True}
