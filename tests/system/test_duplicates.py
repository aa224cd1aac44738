"""One message id is one event, however often and from however many threads it is sent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tests.system.router import Database, Router, new_user, order, page_view
from tests.system.running import Run, eventually
from tests.system.vendors import Vendors

TWICE = 12
SENDERS = 50


def send_at_once(run: Run, events: list[dict[str, object]]) -> list[int]:
    """Each event from a thread and a connection of its own, all at the same moment; the statuses."""
    together = Barrier(len(events))

    def send(event: dict[str, object]) -> int:
        with Router(run.url, run.welcome["Write key"]) as router:
            together.wait(timeout=30)
            return router.submit(event).status_code

    with ThreadPoolExecutor(len(events)) as threads:
        return list(threads.map(send, events))


def test_a_message_sent_twice_is_stored_and_delivered_once(
    router: Router, sandbox: Vendors, database: Database
) -> None:
    user = new_user()
    event = order(user, messageId=f"message-of-{user}")

    answers = [router.submit(event), router.submit(event), router.submit_batch([event, event])]

    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {"success": True})] * 3
    assert database.events(user) == 1
    eventually(database.unfinished, 0)
    for vendor in ("adroll", "audiohook", "partnerstack"):
        assert database.outcomes(user, vendor) == {"delivered": 1}
        assert len(sandbox.received(vendor)) == 1


def test_a_message_sent_by_many_at_the_same_time_is_stored_and_delivered_once(
    run: Run, sandbox: Vendors, database: Database
) -> None:
    user = new_user()
    event = order(user, messageId=f"message-of-{user}")

    assert send_at_once(run, [event] * TWICE) == [200] * TWICE

    assert database.events(user) == 1
    eventually(database.unfinished, 0)
    for vendor in ("adroll", "audiohook", "partnerstack"):
        assert database.outcomes(user, vendor) == {"delivered": 1}
        assert len(sandbox.received(vendor)) == 1


def test_events_of_many_senders_at_the_same_time_are_all_stored(
    run: Run, sandbox: Vendors, database: Database
) -> None:
    user = new_user()

    assert send_at_once(run, [page_view(user) for _ in range(SENDERS)]) == [200] * SENDERS

    assert database.events(user) == SENDERS
    eventually(lambda: database.outcomes(user, "audiohook"), {"delivered": SENDERS})
    assert len(sandbox.received("audiohook", accepted="true")) == SENDERS
