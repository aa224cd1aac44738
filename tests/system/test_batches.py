"""A vendor with access tokens and batches, in the whole product: what it refuses costs only itself."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from tests.system.router import Database, Router, new_user, visitor
from tests.system.running import Run, eventually
from tests.system.vendors import Vendors

DEFINITION = {
    "slug": "batches",
    "name": "Batches",
    "about": "A vendor of tests.",
    "docs": [],
    "verified_on": "2026-11-26",
    "consent": {"classification": "advertising"},
    "questionnaire": {
        "identifiers": ["user id"],
        "event_endpoint": "POST https://sandbox.batch/events",
        "identity_endpoint": "none",
        "consent_classification": "advertising",
        "validation_method": "none",
    },
    "settings": {"refresh_token": {"type": "string", "label": "Refresh token", "secret": True}},
    "operations": {
        "event": {
            "method": "POST",
            "url": "https://sandbox.batch/events",
            "auth": {
                "oauth2": {
                    "grant": "refresh_token",
                    "token_url": "https://sandbox.batch/token",
                    "refresh_token": "$settings.refresh_token",
                }
            },
            "envelope": {"events": "$elements"},
            "batch": {"max_count": 50},
            "fields": {"user": "$userId", "refuse": "$properties.refuse"},
            "responses": [
                {
                    "status": 200,
                    "verdict": "delivered",
                    "receipt": "receipt",
                    "except": [
                        {"each": "errors", "index": "index", "verdict": "rejected", "reason": "reason"}
                    ],
                },
                {"status": 400, "verdict": "split", "reason": "errors[0].message"},
            ],
        },
        "atomic": {"extends": "event", "url": "https://sandbox.batch/atomic"},
    },
    "events": [
        {"rule": "atomic", "when": {"event": ["Atomic"]}, "operation": "atomic"},
        {"rule": "any", "when": {"type": ["track"]}, "operation": "event"},
    ],
    "fallback": "drop",
    "test_mode": {"supported": False},
    "examples": [],
}
CONNECT = """
demo = Pipeline.objects.get(organization__slug="demo", name="Demo server")
pipeline = Pipeline.objects.create(
    organization=demo.organization, cluster=demo.cluster, name="Batches", kind="ios"
)
revision = VendorRevision.objects.create(
    organization=demo.organization, slug="batches", name="Batches", revision=1, document={document!r},
    sha256="batches",
)
destination = Destination.objects.create(
    pipeline=pipeline, vendor_revision=revision, name="Batches", mode="sandbox",
    secrets={{"refresh_token": "a-refresh-token-of-tests"}},
)
destination.consent_categories.set(ConsentCategory.objects.filter(code="advertising"))
DestinationLane.objects.create(destination=destination)
print(WriteKey.objects.create(pipeline=pipeline, key="batches").key)
"""


@pytest.fixture(scope="module")
def write_key(run: Run) -> str:
    return run.orm(CONNECT.format(document=json.dumps(DEFINITION)))


@pytest.fixture
def batches(run: Run, write_key: str) -> Iterator[Router]:
    with Router(run.url, write_key) as router:
        yield router


def events(user: str, name: str, *refused: int, count: int = 10) -> list[dict[str, object]]:
    return [
        {
            "type": "track",
            "event": name,
            "userId": user,
            "properties": {"refuse": "not this one"} if number in refused else {},
            "context": visitor(),
        }
        for number in range(count)
    ]


def endings(database: Database, user: str) -> list[tuple[object, ...]]:
    return database.rows(
        """
        SELECT q.outcome, q.attempts, q.reason FROM integrations_event e
        JOIN integrations_deliveryresult q ON q.event_id = e.id WHERE e.user_id = %s ORDER BY e.id
        """,
        user,
    )


def test_refused_events_of_a_batch_end_one_by_one_with_their_reason(
    batches: Router, sandbox: Vendors, database: Database
) -> None:
    user = new_user()

    batches.submit_batch(events(user, "Named", 3, 7))

    found = eventually(lambda: endings(database, user), lambda found: len(found) == 10)
    assert [outcome for outcome, _, _ in found] == ["delivered"] * 3 + ["rejected"] + ["delivered"] * 3 + [
        "rejected"
    ] + ["delivered"] * 2
    assert found[3] == ("rejected", 1, "Batches answered 200 and named this event: not this one")
    assert found[0][2].startswith("Receipt of Batches: sandbox-")  # type: ignore[union-attr,attr-defined]


def test_a_batch_that_is_refused_as_a_whole_is_halved(
    batches: Router, sandbox: Vendors, database: Database
) -> None:
    user = new_user()

    batches.submit_batch(events(user, "Atomic", 4))

    found = eventually(lambda: endings(database, user), lambda found: len(found) == 10)
    assert [(outcome, attempts) for outcome, attempts, _ in found] == [
        ("rejected" if number == 4 else "delivered", 1) for number in range(10)
    ]


def test_a_token_that_the_vendor_forgot_is_renewed_and_no_attempt_is_spent(
    batches: Router, sandbox: Vendors, database: Database
) -> None:
    first, second = new_user(), new_user()
    batches.submit_batch(events(first, "Named", count=2))
    eventually(lambda: len(endings(database, first)) == 2)
    sandbox.reset()  # ends all tokens

    batches.submit_batch(events(second, "Named", count=2))

    found = eventually(lambda: endings(database, second), lambda found: len(found) == 2)
    assert [(outcome, attempts) for outcome, attempts, _ in found] == [("delivered", 1)] * 2
    assert [one["status"] for one in sandbox.received("batch")][-3:] == [401, 200, 200]


def test_without_a_token_deliveries_wait_and_say_why(
    batches: Router, sandbox: Vendors, database: Database
) -> None:
    user = new_user()
    sandbox.fail("batch", "status", path="/sandbox.batch/token", status=503)
    sandbox.fail("batch", "status", path="/sandbox.batch/events", status=401, times=1)

    batches.submit_batch(events(user, "Named", count=2))
    query = (
        "SELECT reason, attempts FROM integrations_delivery q JOIN integrations_event e ON e.id = q.event_id"
    )
    waiting = eventually(
        lambda: database.rows(f"{query} WHERE e.user_id = %s", user),
        lambda rows: len(rows) == 2 and all("No access token" in row[0] for row in rows),
    )
    sandbox.recover()

    assert {attempts for _, attempts in waiting} == {0}
    assert "/sandbox.batch/token answered 503" in waiting[0][0]
    assert eventually(lambda: len(endings(database, user)) == 2, within_s=60)
