"""The product on several hosts: one web process, two Celery workers with pools of two, beat, a receiver."""

from __future__ import annotations

import json
import signal
import urllib.request
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import redis

from s2sadmin.embedded.locations import default_database_url, default_redis_url
from s2sadmin.embedded.processes import Child, Program, Supervisor
from s2sadmin.run import HOST, Ports, is_healthy, programs
from tests.system.installation import Installation
from tests.system.router import Database
from tests.system.running import eventually, free_port

LEASE_S = 15  # of a claimed row, the least that the product takes
WORKERS = ("worker-a", "worker-b")


class Hosts(Installation):
    """An installation whose every process can be killed and started again. Use it from one thread."""

    def __init__(self, directory: Path, *, broker_url: str = "") -> None:
        super().__init__(directory, durable=True)
        self.ports = Ports(web=free_port(), sandbox=free_port())
        self.url = f"http://{HOST}:{self.ports.web}"
        self.database = Database(default_database_url(self.data_dir))
        self.output = directory / "output"
        self._broker_url = broker_url
        self._running: dict[str, Child] = {}
        self._dead: list[str] = []
        self._programs = Supervisor()

    def __enter__(self) -> Hosts:
        super().__enter__()
        self.output.mkdir()
        self._stack.callback(self._programs.stop)
        self._stack.callback(self.kill_all)
        return self

    def environment(self) -> dict[str, str]:
        own = {
            "SANDBOX_URL": f"http://{HOST}:{self.ports.sandbox}",
            "DELIVERY_ALLOWED_NETWORKS": "127.0.0.0/8",
            "DELIVERY_LEASE_S": str(LEASE_S),
        }
        broker = {"CELERY_BROKER_URL": self._broker_url} if self._broker_url else {}
        return super().environment() | own | broker

    def start(self) -> None:
        """Start all of it and wait until events are accepted and taken."""
        for name in ("receiver", "web", *WORKERS, "beat"):
            self.start_program(name)
        for port in (self.ports.web, self.ports.sandbox):
            eventually(lambda port=port: is_healthy(port), within_s=120)  # type: ignore[misc]

    def start_program(self, name: str) -> None:
        self._running[name] = self._programs.start(self._program(name))

    def kill(self, *names: str) -> None:
        """SIGKILL for these programs and every process of their groups."""
        for name in names:
            self._running[name].kill_group()
        self._dead += names

    def replace_dead(self) -> None:
        """Start again what was killed."""
        while self._dead:
            self.start_program(self._dead.pop())

    def kill_all(self) -> None:
        """Whatever still runs: there is nothing more to lose."""
        self.kill(*self._running)

    def kill_pool_process(self, name: str) -> None:
        """SIGKILL for one of a worker's pool processes, which its parent replaces."""
        pool = psutil.Process(self._running[name].process.pid).children()
        if pool:
            pool[0].kill()

    def ended(self) -> list[str]:
        """Programs that ended though nobody killed them."""
        return [name for name, child in self._running.items() if child.has_ended]

    def forget_everything(self) -> None:
        """Valkey loses what it holds."""
        with redis.Redis.from_url(default_redis_url(self.data_dir)) as valkey:
            valkey.flushall()

    def restart_valkey(self) -> None:
        for child in self._valkey.children:
            child.process.send_signal(signal.SIGKILL)
        self.stop_valkey()
        self.start_valkey()

    def crash_postgres(self) -> None:
        """An immediate shutdown: every connection breaks, and the next start recovers from the log."""
        for child in self._postgres.children:
            child.process.send_signal(signal.SIGQUIT)
            child.process.wait(60)
        self.stop_postgres()
        self.start_postgres()

    def received(self) -> list[str]:
        """The ids of all events that the receiver took, in their order."""
        taken: list[str] = self._receiver()["taken"]
        return taken

    def in_the_air(self) -> int:
        """Requests that the receiver has not answered yet."""
        return int(self._receiver()["open"])

    def _receiver(self) -> dict[str, Any]:
        with urllib.request.urlopen(f"http://{HOST}:{self.ports.sandbox}/", timeout=60) as answer:
            told: dict[str, Any] = json.load(answer)
        return told

    def _program(self, name: str) -> Program:
        kind = {"receiver": "sandbox", **dict.fromkeys(WORKERS, "worker")}.get(name, name)
        env = {**self.environment(), "PYTHONUNBUFFERED": "1"}
        (found,) = [program for program in programs(env, self.ports) if program.name == kind]
        command = [
            "tests.chaos.receiver:application" if word == "integrations.sandbox.wsgi:application" else word
            for word in found.command
        ]
        if kind == "sandbox":
            command[command.index("--blocking-threads") + 1] = "64"
        if kind == "worker":
            command += ["--hostname", f"{name}@%h"]
        if kind == "beat":
            command[command.index("-s") + 1] = str(self.data_dir / "celerybeat-schedule")
        return replace(found, name=name, command=command, log=self.output / f"{name}.log")
