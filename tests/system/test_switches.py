"""Operators stop sending and intake of a running product, and nothing is lost by it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.system.router import Database, Router, new_user, only, page_view
from tests.system.running import ROOT, Run, eventually
from tests.system.vendors import Vendors

EVENTS = 20


def manage(run: Run, *words: str) -> str:
    """What `manage.py` says on this run's database."""
    command = [sys.executable, "manage.py", *words]
    env = run.environment() | {"SANDBOX_URL": run.sandbox_url}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(autouse=True)
def _switched_on_again(run: Run) -> Iterator[None]:
    yield
    manage(run, "sending", "start")
    manage(run, "intake", "start")


def test_while_sending_is_stopped_events_are_kept_and_go_out_after_it_is_started(
    run: Run, router: Router, sandbox: Vendors, database: Database
) -> None:
    user = new_user()
    manage(run, "sending", "stop", "--reason", "Vendor fair", "--wait")

    for _ in range(EVENTS):
        assert router.submit(page_view(user, integrations=only("Audiohook"))).status_code == 200

    assert database.events(user) == EVENTS
    assert "Nothing flies" in run.orm(STANDS)
    assert sandbox.received("audiohook") == []
    manage(run, "sending", "start")
    eventually(lambda: database.outcomes(user, "audiohook"), {"delivered": EVENTS})
    assert len(sandbox.received("audiohook", accepted="true")) == EVENTS


STANDS = f"""
from integrations.services.draining import left
now = left()
print("Nothing flies" if not now.sending and now.due >= {EVENTS} else now)
"""


def test_while_intake_is_stopped_senders_are_told_when_to_come_again(
    run: Run, router: Router, sandbox: Vendors, database: Database
) -> None:
    user = new_user()
    event = page_view(user, integrations=only("Audiohook"))
    manage(run, "intake", "stop", "--reason", "Moving house")

    answer = eventually(lambda: router.submit(event), lambda answer: answer.status_code == 503)

    assert answer.headers["Retry-After"] == "30"
    assert "Send the events again after the time in Retry-After." in answer.text
    manage(run, "intake", "start")
    eventually(lambda: router.submit(event).status_code, 200)
