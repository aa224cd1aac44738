"""Where the benchmarks run: durable servers on a throw-away data directory, the product's web and worker."""

from __future__ import annotations

import contextlib
import os
import socket
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import django

from s2sadmin.embedded.locations import broker_url
from s2sadmin.embedded.processes import CannotRun, Program, Supervisor, say
from s2sadmin.embedded.servers import discard, embedded_servers, locked
from s2sadmin.run import (
    BASE_DIR,
    HOST,
    Ports,
    Stopped,
    all_answer,
    child_environment,
    manage,
    programs,
    stop_on_signals,
)

PATIENCE_S = 60.0
SWEEP_S = 1.0  # beat's, in whose place we ring
LOOK_S = 0.05  # seldom, as looking costs both sides CPU time
NAMED_SERVERS = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL")  # never those: the benchmarks fill tables


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What runs, and where it answers."""

    supervisor: Supervisor
    env: dict[str, str]
    ports: Ports

    def url(self, path: str) -> str:
        """An address of the product's web server."""
        return f"http://{HOST}:{self.ports.web}{path}"

    @property
    def sink_url(self) -> str:
        """Where everything is delivered to."""
        return f"http://{HOST}:{self.ports.sandbox}"

    def received(self) -> int:
        """How many requests the sink got since it was last asked."""
        with urllib.request.urlopen(f"{self.sink_url}/received", timeout=10) as answer:
            return int(answer.read())

    def start_web(self) -> None:
        """The product's web server by the product's own command, and the sink in the sandbox's place."""
        found = self._programs()
        sink = [
            "benchmarks.sink:application" if "sandbox" in word else word for word in found["sandbox"].command
        ]
        sink[sink.index("--blocking-threads") + 1] = "1"
        self._start("sink", sink)
        self._start("web", found["web"].command)
        self.supervisor.watch(until=all_answer(self.ports))

    def start_workers(self) -> None:
        """Two worker processes for each side, idle while the other one is measured."""
        command = list(self._programs()["worker"].command)
        self._start("worker", command)
        self._start("obvious", ["benchmarks.obvious.celery" if w == "s2sadmin" else w for w in command])

    def check(self) -> None:
        """Raise CannotRun when a process has died: nothing measured from then on means anything."""
        for child in self.supervisor.children:
            if child.has_ended:
                raise CannotRun(f"{child.program.name} ended by itself ({child.ending()}).")

    def wait_for(self, is_over: Callable[[], bool]) -> None:
        """Look until it is over, and ring once a second as beat does. Raises CannotRun after a minute."""
        from delivery.doorbell import ring  # needs Django, which is set up by now

        began = swept = time.monotonic()
        while not is_over():
            if time.monotonic() - began > PATIENCE_S:
                raise CannotRun(f"It does not come to an end within {PATIENCE_S:g} s: something was lost.")
            self.check()
            time.sleep(LOOK_S)
            if time.monotonic() - swept > SWEEP_S:
                swept = time.monotonic()
                ring()

    def _programs(self) -> dict[str, Program]:
        return {program.name: program for program in programs(self.env, self.ports)}

    def _start(self, name: str, command: list[str] | tuple[str, ...]) -> None:
        env = {**self.env, "PYTHONWARNINGS": "ignore:::celery.platforms"}
        self.supervisor.start(Program(name=name, command=command, env=env, directory=BASE_DIR))


@contextlib.contextmanager
def ground() -> Iterator[Ground]:
    """Everything but the workers, until the end; Django is set up in this process too."""
    for name in NAMED_SERVERS:
        os.environ.pop(name, None)
    for left in (BASE_DIR / ".data").glob("bench-*"):
        with contextlib.suppress(CannotRun), locked(left):
            discard(left)
    data_dir = BASE_DIR / ".data" / f"bench-{os.getpid()}"
    supervisor = Supervisor()
    try:
        with embedded_servers(data_dir, durable=True, supervisor=supervisor) as urls:
            ports = Ports(web=free_port(), sandbox=free_port())
            env = child_environment(os.environ, urls, ports) | {
                "DJANGO_SETTINGS_MODULE": "benchmarks.settings",
                "DATA_DIR": str(data_dir),
                "SANDBOX_URL": f"http://{HOST}:{ports.sandbox}",
                "CELERY_BROKER_URL": broker_url(urls["REDIS_URL"]),
                "DEBUG": "false",
            }
            manage("migrate", "--noinput", "--run-syncdb", "-v", "0", env=env)
            manage("load_catalogue", env=env)
            os.environ.update(env)
            django.setup()
            here = Ground(supervisor=supervisor, env=env, ports=ports)
            here.start_web()
            yield here
    finally:
        discard(data_dir)


def free_port() -> int:
    """A port that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def run_on_ground(starting: str, work: Callable[[Ground], None]) -> int:
    """Do the work and take the ground away again; the exit code.

    It is 0 whether or not targets are reached, a busy machine is no failure; 1 when it can't run at all.
    """
    stop_on_signals()
    try:
        say(starting)
        with ground() as here:
            work(here)
    except CannotRun as reason:
        say(str(reason))
        return 1
    except Stopped:
        return 0
    return 0
