"""Vendors that fail, refuse or hang, and addresses that must not be reached: all is said, nothing is lost."""

from __future__ import annotations

from tests.system.router import RESULTS, Database, Router, new_user, only, order, page_view
from tests.system.running import Run, eventually
from tests.system.vendors import Vendors

ENOUGH = 3  # deliveries while another vendor hangs: a worker that waits for it makes none
PRIVATE = ("10.0.0.1", "169.254.169.254")
# What no form lets through: addresses in a vendor's definition, and one in the setting of a destination.
CONNECT = """
from integrations.services.vendors import newest_revision
demo = Pipeline.objects.get(organization__slug="demo", name="Demo server")
pipeline = Pipeline.objects.create(
    organization=demo.organization, cluster=demo.cluster, name="Private", kind="ios"
)
post = newest_revision("generic-post")
def connect(name, revision, **settings):
    destination = Destination.objects.create(
        pipeline=pipeline, vendor_revision=revision, name=name, mode="live", settings=settings
    )
    destination.consent_categories.set(ConsentCategory.objects.filter(code="advertising"))
    DestinationLane.objects.create(destination=destination)
connect("setting", post, url="https://10.0.0.1/collect")
for number, address in enumerate({addresses}):
    text = post.document.replace("url: \\"{{$settings.url}}\\"", f"url: https://{{address}}/collect")
    revision = VendorRevision.objects.create(
        organization=demo.organization, slug="generic-post", name=address, revision=number,
        document=text, sha256=address,
    )
    connect(address, revision, url="https://events.example/")
print(WriteKey.objects.create(pipeline=pipeline, key="private_addresses").key)
"""


def test_it_tries_again_after_500(router: Router, sandbox: Vendors, database: Database) -> None:
    user = new_user()
    sandbox.fail("audiohook", "status", status=500, times=2)

    router.submit(page_view(user))

    assert eventually(lambda: database.ending(user, "audiohook")) == ("delivered", 3, "")
    assert database.attempts(user, "audiohook") == [(500, "failed"), (500, "failed"), (200, "delivered")]
    assert [one["status"] for one in sandbox.received("audiohook")] == [500, 500, 200]


def test_it_gives_up_at_once_after_400(router: Router, sandbox: Vendors, database: Database) -> None:
    user = new_user()
    sandbox.fail("adroll", "status", status=400, body={"message": "no such advertisable"})

    router.submit(page_view(user))

    outcome, attempts, reason = eventually(lambda: database.ending(user, "adroll"))  # type: ignore[misc]
    assert (outcome, attempts) == ("rejected", 1)
    assert "400" in reason and "no such advertisable" in reason
    assert database.attempts(user, "adroll") == [(400, "rejected")]
    assert len(sandbox.received("adroll")) == 1


def test_what_a_hanging_vendor_did_not_answer_is_sent_again_and_logged(
    router: Router, sandbox: Vendors, database: Database
) -> None:
    before, user = new_user(), new_user()
    router.submit(
        order(before)
    )  # leaves an open connection: the hard case, as libcurl repeats by itself on it
    eventually(lambda: database.ending(before, "adroll"))
    sandbox.fail("adroll", "hang", hold_ms=60_000, times=1)

    router.submit(order(user))
    eventually(lambda: sandbox.are_healthy)
    assert database.ending(user, "adroll") is None
    sandbox.recover()

    assert eventually(lambda: database.ending(user, "adroll")) == ("delivered", 2, "")
    assert database.attempts(user, "adroll") == [(None, "unknown"), (200, "delivered")]
    assert [one["accepted"] for one in sandbox.received("adroll")] == [True, False, True]


def test_a_vendor_that_hangs_does_not_slow_the_others(
    router: Router, sandbox: Vendors, database: Database
) -> None:
    sandbox.fail("adroll", "hang", hold_ms=60_000, times=1)
    router.submit(order(new_user()))
    eventually(lambda: sandbox.are_healthy)

    delivered_meanwhile = 0
    while database.in_flight("adroll"):  # until its deadline of 10 s
        user = new_user()
        router.submit(page_view(user, integrations=only("Audiohook")))
        eventually(lambda user=user: database.outcomes(user, "audiohook"))  # type: ignore[misc]
        delivered_meanwhile += database.in_flight("adroll")

    assert delivered_meanwhile >= ENOUGH


def test_the_sandbox_can_be_told_to_recover_while_it_holds_all_it_gets(
    router: Router, sandbox: Vendors, database: Database
) -> None:
    user = new_user()
    sandbox.fail("audiohook", "slow", delay_ms=8_000)
    router.submit_batch([page_view(user, integrations=only("Audiohook")) for _ in range(32)])
    eventually(lambda: database.in_flight("audiohook"), lambda flying: flying >= 16)

    sandbox.recover()

    eventually(lambda: database.outcomes(user, "audiohook"), {"delivered": 32})


def test_it_sends_nothing_to_a_private_address(run: Run, sandbox: Vendors, database: Database) -> None:
    user = new_user()

    with Router(run.url, run.orm(CONNECT.format(addresses=PRIVATE))) as router:
        router.submit(page_view(user))

    query = f"SELECT d.name, outcome, reason {RESULTS}"
    ended = eventually(lambda: database.rows(query, user, "generic-post"), lambda found: len(found) == 3)
    reasons = {name: reason for name, _, reason in ended}
    assert {outcome for _, outcome, _ in ended} == {"rejected"}
    assert reasons.pop("setting").endswith("must name a host such as events.example.com, not an IP address.")
    for address, reason in reasons.items():
        assert reason.startswith(f"Connections to private addresses are not allowed: {address} is in ")
    query = "SELECT url, verdict, connect_ms, status FROM integrations_attempt WHERE url LIKE %s ORDER BY url"
    expected = [(f"https://{address}/collect", "rejected", None, None) for address in PRIVATE]
    assert database.rows(query, "%/collect") == expected
