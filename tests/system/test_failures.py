"""Vendors that fail, refuse or hang, and addresses that must not be reached: nothing is lost, all of it is said."""

from __future__ import annotations

import pytest

from tests.integrations.sandbox.client import SandboxClient
from tests.system.router import Database, Router, new_user, order, page_view
from tests.system.running import Run, eventually

# The settings' form refuses such addresses, so the row is made directly, in a pipeline of its own.
CONNECT = """
from integrations.services.vendors import newest_revision
from integrations.services.write_keys import create_write_key
demo = Pipeline.objects.get(organization__slug="demo", name="Demo server")
pipeline = Pipeline.objects.create(
    organization=demo.organization, cluster=demo.cluster, name={url!r}, kind="server"
)
destination = Destination.objects.create(
    pipeline=pipeline,
    vendor_revision=newest_revision("generic-post"),
    name="Elsewhere",
    mode="live",
    settings={{"url": {url!r}}},
)
destination.consent_categories.set(ConsentCategory.objects.filter(code="advertising"))
DestinationLane.objects.create(destination=destination)
print(create_write_key(pipeline).key)
"""


def is_met(sandbox: SandboxClient, fault: str) -> bool:
    """Whether the last request that a fault was set for has come."""
    return fault not in sandbox.get("/control").text


def test_it_tries_again_after_500(router: Router, sandbox: SandboxClient, database: Database) -> None:
    user = new_user()
    sandbox.fail("audiohook", "status", status=500, times=2)

    router.submit(page_view(user))

    assert eventually(lambda: database.ending(user, "audiohook")) == ("delivered", 3, "")
    assert database.attempts(user, "audiohook") == [(500, "failed"), (500, "failed"), (200, "delivered")]
    assert [one["status"] for one in sandbox.received("audiohook")] == [500, 500, 200]


def test_it_gives_up_at_once_after_400(router: Router, sandbox: SandboxClient, database: Database) -> None:
    user = new_user()
    sandbox.fail("adroll", "status", status=400, body={"message": "no such advertisable"})

    router.submit(page_view(user))

    outcome, attempts, reason = eventually(lambda: database.ending(user, "adroll"))  # type: ignore[misc]
    assert (outcome, attempts) == ("rejected", 1)
    assert "400" in reason and "no such advertisable" in reason
    assert database.attempts(user, "adroll") == [(400, "rejected")]
    assert len(sandbox.received("adroll")) == 1


def test_a_vendor_that_hangs_does_not_stop_the_others_and_gets_its_events_later(
    router: Router, sandbox: SandboxClient, database: Database
) -> None:
    user = new_user()
    sandbox.fail("adroll", "hang", hold_ms=60_000, times=1)

    router.submit(order(user))
    eventually(lambda: is_met(sandbox, "holds the request"))
    for vendor in ("audiohook", "partnerstack"):
        eventually(lambda vendor=vendor: database.outcomes(user, vendor), {"delivered": 1})  # type: ignore[misc]
    assert database.ending(user, "adroll") is None
    sandbox.post("/control/reset").raise_for_status()

    assert eventually(lambda: database.ending(user, "adroll")) == ("delivered", 2, "")
    assert database.attempts(user, "adroll") == [(None, "unknown"), (200, "delivered")]
    assert [one["accepted"] for one in sandbox.received("adroll")] == [False, True]


@pytest.mark.parametrize("address", ["10.0.0.1", "169.254.169.254"])
def test_it_sends_nothing_to_a_private_address(
    run: Run, sandbox: SandboxClient, database: Database, address: str
) -> None:
    user, url = new_user(), f"https://{address}/collect"
    write_key = run.orm(CONNECT.format(url=url))

    with Router(run.url, write_key) as router:
        router.submit(page_view(user))

    outcome, attempts, reason = eventually(lambda: database.ending(user, "generic-post"))  # type: ignore[misc]
    assert (outcome, attempts) == ("rejected", 1)
    assert f"Connections to private addresses are not allowed: {address}" in reason
    assert database.attempts(user, "generic-post") == [(None, "rejected")]
    query = "SELECT connect_ms, first_byte_ms FROM integrations_attempt WHERE url = %s"
    assert database.rows(query, url) == [(None, None)]
