"""`python -m tests.chaos`: 50,000 events while workers are killed every few seconds. About ten minutes."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from s2sadmin.embedded.processes import CannotRun, say
from s2sadmin.run import BASE_DIR, Stopped, stop_on_signals
from tests.chaos.hosts import Hosts
from tests.chaos.ordeal import Ordeal

EVENTS = 50_000
PER_S = 250.0
KILL_EVERY_S = 5.0


def main(events: int) -> int:
    """Exit code 0 when the books balance; else what does not is printed."""
    stop_on_signals()
    (BASE_DIR / ".data").mkdir(exist_ok=True)
    try:
        with tempfile.TemporaryDirectory(prefix="chaos-", dir=BASE_DIR / ".data") as directory:
            faults = survive(Path(directory), events)
    except CannotRun as reason:
        say(str(reason))
        return 1
    except Stopped:
        return 1
    return 1 if faults else 0


def survive(directory: Path, events: int) -> list[str]:
    """The long ordeal; what does not balance after it."""
    say("Starting PostgreSQL, Valkey, web, two workers, beat and a receiver ...")
    with Hosts(directory) as hosts:
        ordeal = Ordeal(hosts, events=events, per_s=PER_S)
        disasters = (
            ordeal.valkey_is_flushed(),
            ordeal.is_killed("web"),
            ordeal.postgres_crashes(),
            ordeal.valkey_is_restarted(),
        )
        share = events // (len(disasters) + 1)
        due = [(share * number, disaster) for number, disaster in enumerate(disasters, start=1)]
        books = ordeal.run(due, kill_every_s=KILL_EVERY_S)
    say(books.summary())
    for fault in books.faults():
        say(f"FAULT: {fault}.")
    return books.faults()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS))
