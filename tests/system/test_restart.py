"""Starting twice and starting again."""

from __future__ import annotations

import subprocess

from tests.system.router import Database, Router, new_user, only, page_view
from tests.system.running import Run, eventually, free_port
from tests.system.vendors import Vendors


def test_a_second_run_on_the_same_data_says_what_to_do(run: Run, router: Router) -> None:
    second = run.launch(
        web_port=free_port(), sandbox_port=free_port(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )

    output, _ = second.communicate(timeout=60)

    last_line = output.decode().strip().splitlines()[-1]
    assert second.returncode == 1
    assert last_line == f"s2sadmin already runs on {run.data_dir} (process {run.pid}): stop that one first."
    assert run.is_running
    assert router.submit(page_view(new_user(), integrations=only("nobody"))).status_code == 200


def test_a_second_run_on_the_same_port_says_what_to_do(run: Run) -> None:
    second = run.launch(stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    output, _ = second.communicate(timeout=60)

    assert second.returncode == 1
    assert output.decode().startswith(
        f"Port {run.web_port} cannot be used (Address already in use): set PORT "
    )


def test_a_restart_keeps_events_keys_and_what_waits(
    run: Run, router: Router, sandbox: Vendors, database: Database
) -> None:
    user, welcome, stored = new_user(), dict(run.welcome), database.all_events()
    sandbox.fail("audiohook", "status", status=503, retry_after="5")
    router.submit(page_view(user, integrations=only("Audiohook")))
    eventually(lambda: database.waiting_again("audiohook"), 1)

    exit_code = run.stop()
    left_behind = run.survivors()
    run.start()

    assert (exit_code, left_behind) == (0, [])
    assert run.welcome == welcome
    assert database.all_events() == stored + 1
    eventually(lambda: database.outcomes(user, "audiohook"), {"delivered": 1})
    assert router.submit(page_view(user, integrations=only("Audiohook"))).status_code == 200
    eventually(lambda: database.outcomes(user, "audiohook"), {"delivered": 2})
