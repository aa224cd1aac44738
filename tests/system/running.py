"""The product as its user starts it: `python -m s2sadmin.run`, with a data directory and ports of its own."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import psutil

from s2sadmin.embedded.locations import default_database_url, default_redis_url
from s2sadmin.embedded.servers import discard

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
OF_THE_TESTS = ("DATABASE_URL", "REDIS_URL", "DJANGO_SETTINGS_MODULE")  # they lead to the tests' own servers
START_S = 120.0
STOP_S = 60.0
POLL_S = 0.05


def eventually(look: Callable[[], T], wanted: T | Callable[[T], object] = bool, *, within_s: float = 30) -> T:
    """What `look` gives as soon as it is (or satisfies) what is wanted; AssertionError with the last look."""
    until = time.monotonic() + within_s
    while True:
        seen = look()
        if wanted(seen) if callable(wanted) else seen == wanted:
            return seen
        if time.monotonic() > until:
            hope = "" if callable(wanted) else f", wanted {wanted!r}"
            raise AssertionError(f"After {within_s:g} s still {seen!r}{hope}")
        time.sleep(POLL_S)


class Run:
    """One `make run`: it can be started, stopped, started again, and asked for its processes and URLs."""

    def __init__(self, directory: Path) -> None:
        self.data_dir = directory / "data"
        self.log = directory / "output.log"
        self.web_port, self.sandbox_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.web_port}"
        self.sandbox_url = f"http://127.0.0.1:{self.sandbox_port}"
        self.database_url = default_database_url(self.data_dir)
        self.redis_url = default_redis_url(self.data_dir)
        self.welcome: dict[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait for the block that says where everything is."""
        told = len(self.output())
        with self.log.open("ab") as log:
            self._process = self.launch(stdout=log, stderr=log)

        def block() -> str:
            assert self.is_running, f"It ended at once:\n{self.output()}"
            return self.output()[told:]

        self.welcome = read_welcome(eventually(block, lambda text: "\ncurl " in text, within_s=START_S))

    def stop(self) -> int:
        """Ask it to stop; its exit code. What it leaves behind is in `survivors`."""
        assert self._process
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(STOP_S)

    def end(self) -> None:
        """Whatever became of it: nothing of it runs and nothing of it is kept."""
        if self._process and self.is_running:
            self._process.kill()
            self._process.wait()
        for process in self.survivors():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        discard(self.data_dir)

    def launch(self, *, web_port: int = 0, sandbox_port: int = 0, **options: Any) -> subprocess.Popen[bytes]:
        """The command itself, on the data directory of this run."""
        ports = {
            "PORT": str(web_port or self.web_port),
            "SANDBOX_PORT": str(sandbox_port or self.sandbox_port),
        }
        command = [sys.executable, "-m", "s2sadmin.run"]
        return subprocess.Popen(command, cwd=ROOT, env=self.environment() | ports, **options)

    def environment(self) -> dict[str, str]:
        """The caller's, without the tests' servers: a quick first retry, a lease just beyond any deadline."""
        inherited = {name: value for name, value in os.environ.items() if name not in OF_THE_TESTS}
        own = {"DATA_DIR": str(self.data_dir), "DELIVERY_RETRY_BASE_S": "0.2", "DELIVERY_LEASE_S": "15"}
        return inherited | own

    def orm(self, code: str) -> str:
        """What the code prints that runs in `manage.py shell` on this run's database."""
        command = [sys.executable, "manage.py", "shell", "-v", "0", "-c", code]
        env = self.environment() | {"SANDBOX_URL": self.sandbox_url}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @property
    def pid(self) -> int:
        assert self._process
        return self._process.pid

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def output(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def worker(self) -> list[psutil.Process]:
        """The Celery worker with its pool: the parent first."""
        with contextlib.suppress(psutil.NoSuchProcess):  # it ends while we look
            for process in psutil.Process(self.pid).children():
                if {"s2sadmin", "worker"} <= set(process.cmdline()):
                    return [process, *process.children(recursive=True)]
        return []

    def survivors(self) -> list[psutil.Process]:
        """Every process that was started for this data directory and lives."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            named = process.environ().get("DATA_DIR") == str(self.data_dir)
            return named or process.cwd().startswith(
                str(self.data_dir)
            )  # PostgreSQL overwrites its environment
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            return False


def read_welcome(block: str) -> dict[str, str]:
    """The lines of the printed table: `Write key`, `Password` and so on; remarks in brackets left out."""
    return dict(re.findall(r"^  (\S+(?: \S+)?) +(\S+)(?: \(.*\))?$", block, re.MULTILINE))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
