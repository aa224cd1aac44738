"""RabbitMQ as Debian packages it, run by whoever runs the tests: own node, ports and directory, then gone."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from s2sadmin.embedded.processes import Program, Supervisor, wait_until_ready
from tests.system.running import free_port

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")  # the one on PATH insists on its own system user
MISSING = "NOT TESTED: install rabbitmq-server to try RabbitMQ as the broker"
HOST = "127.0.0.1"


@contextmanager
def rabbitmq(directory: Path) -> Iterator[str]:
    """Its URL while it runs. Without RabbitMQ it skips loudly, in CI it fails."""
    if not SERVER.exists() or not shutil.which("epmd"):
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    directory.mkdir(mode=0o700)
    supervisor, port = Supervisor(), free_port()
    env = _environment(directory, port)
    epmd = ["epmd", "-address", HOST, "-port", env["ERL_EPMD_PORT"]]  # else it is left behind as a daemon
    try:
        supervisor.start(_program("epmd", epmd, env, directory))
        server = supervisor.start(_program("rabbitmq", [str(SERVER)], env, directory))
        wait_until_ready(server, lambda: _listens(port), timeout_s=120)
        yield f"amqp://guest:guest@{HOST}:{port}//"
    finally:
        supervisor.stop()


def _environment(directory: Path, port: int) -> dict[str, str]:
    plugins = directory / "enabled_plugins"
    plugins.write_text("[].\n")
    own = {
        "HOME": str(directory),  # its cookie lies there
        "ERL_EPMD_PORT": str(free_port()),
        "RABBITMQ_NODENAME": f"s2sadmin-{os.getpid()}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": HOST,
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(directory / "mnesia"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_LOG_BASE": str(directory),
        "RABBITMQ_PID_FILE": str(directory / "pid"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(plugins),
        "RABBITMQ_CONF_ENV_FILE": "/dev/null",
        "RABBITMQ_CONFIG_FILE": str(directory / "none"),
    }
    return {**os.environ, **own}


def _program(name: str, command: list[str], env: dict[str, str], directory: Path) -> Program:
    log = directory / f"{name}.log"
    return Program(name=name, command=command, env=env, directory=directory, log=log, grace_s=20)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0
