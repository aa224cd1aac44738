"""The ordeal: events come in while what delivers them is killed, flushed and restarted; then the books."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Sequence

from s2sadmin.embedded.processes import say
from tests.chaos.books import Books, in_hand, read_books
from tests.chaos.hosts import WORKERS, Hosts
from tests.chaos.sender import Sender
from tests.chaos.sources import make_sources
from tests.system.running import eventually

PATIENCE_S = 120.0  # for the next delivery to end, and for requests to be in the air
Disaster = tuple[str, Callable[[], object]]


class Ordeal:
    """One run on these hosts. `in_flight` grows by what workers had in hand at each disaster."""

    def __init__(self, hosts: Hosts, *, events: int, per_s: float) -> None:
        self.hosts = hosts
        keys = hosts.orm(make_sources()).splitlines()
        self.sender = Sender(hosts.url, keys, events=events, per_s=per_s)
        self.in_flight: list[frozenset[str]] = []

    def run(self, disasters: Sequence[tuple[int, Disaster]], *, kill_every_s: float = 0) -> Books:
        """Each disaster strikes once so many events were accepted; workers are killed in between."""
        self.hosts.start()
        self.sender.start()
        for number, disaster in disasters:
            self._kill_until(lambda number=number: len(self.sender.accepted) >= number, kill_every_s)
            self.strike(*disaster)
        self._kill_until(lambda: not self.sender.is_sending, kill_every_s)
        self.sender.finish()
        left = self.hosts.database.unfinished()
        while left:  # as long as it gets less, a slow machine may take its time
            left = eventually(
                self.hosts.database.unfinished, lambda now, left=left: now < left, within_s=PATIENCE_S
            )
        return self.books()

    def strike(self, name: str, disaster: Callable[[], object]) -> None:
        """Let it happen while something flies, and note what did; then everything runs again."""
        eventually(self.hosts.in_the_air, within_s=PATIENCE_S)
        disaster()
        self.in_flight.append(in_hand(self.hosts.database))
        self.hosts.replace_dead()
        say(f"{len(self.sender.accepted):>6} accepted, {name}: {len(self.in_flight[-1])} deliveries in hand")

    def books(self) -> Books:
        return read_books(
            self.hosts.database,
            accepted=self.sender.accepted,
            received=self.hosts.received(),
            in_flight=self.in_flight,
        )

    # --- What strikes --------------------------------------------------------------------------------

    def is_killed(self, *names: str) -> Disaster:
        return f"{' and '.join(names)} killed", lambda: self.hosts.kill(*names)

    def pool_process_is_killed(self, name: str) -> Disaster:
        return f"a pool process of {name} killed", lambda: self.hosts.kill_pool_process(name)

    def valkey_is_flushed(self) -> Disaster:
        return "Valkey flushed", self.hosts.forget_everything

    def valkey_is_restarted(self) -> Disaster:
        return "Valkey killed and restarted", self.hosts.restart_valkey

    def postgres_crashes(self) -> Disaster:
        return "PostgreSQL crashed and restarted", self.hosts.crash_postgres

    def _kill_until(self, is_over: Callable[[], bool], every_s: float) -> None:
        victims = self._victims()
        next_at = time.monotonic() + every_s
        while not is_over():
            time.sleep(0.05)
            if every_s and time.monotonic() > next_at:
                self.strike(*next(victims))
                next_at = time.monotonic() + every_s

    def _victims(self) -> Iterator[Disaster]:
        while True:
            name = random.choice(WORKERS)
            yield random.choice((self.is_killed, self.pool_process_is_killed))(name)
