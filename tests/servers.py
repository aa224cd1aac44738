"""pytest plugin: one PostgreSQL and one Valkey for the whole run, thrown away at its end.

With pytest-xdist every worker process has its own two, so no test sees what another's left in Valkey.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Generator
from pathlib import Path

import pytest

from s2sadmin.embedded.processes import CannotRun
from s2sadmin.embedded.servers import discard, embedded_servers, locked

DATA_DIR = Path(__file__).resolve().parent.parent / ".data"


@pytest.hookimpl(wrapper=True, tryfirst=True)  # a wrapper runs before pytest-django reads the settings
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None]:
    given = os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")
    if not (given or only_hands_out(early_config)):
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # a terminated run cleans up like Ctrl-C
        stack = contextlib.ExitStack()
        early_config.add_cleanup(stack.close)
        start_servers(stack)
    return (yield)


def only_hands_out(config: pytest.Config) -> bool:
    """Is this the process that gives all tests to pytest-xdist's workers?"""
    is_worker = "PYTEST_XDIST_WORKER" in os.environ  # a worker gets the same arguments
    return not is_worker and bool(getattr(config.known_args_namespace, "numprocesses", None))


def start_servers(stack: contextlib.ExitStack) -> None:
    """Start servers until the stack closes; runs that were killed are cleaned up after by the next."""
    for data_dir in DATA_DIR.glob("test-*"):
        discard_if_abandoned(data_dir)
    data_dir = DATA_DIR / f"test-{os.getpid()}"
    stack.callback(discard, data_dir)
    try:
        os.environ.update(stack.enter_context(embedded_servers(data_dir, durable=False)))
    except CannotRun as reason:
        raise pytest.UsageError(str(reason)) from None


def discard_if_abandoned(data_dir: Path) -> None:
    with contextlib.suppress(CannotRun), locked(data_dir):
        discard(data_dir)
