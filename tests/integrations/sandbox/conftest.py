"""A real sandbox in a process of its own, emptied before each test."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from .client import SandboxClient

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def sandbox_origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    command = [
        "granian",
        "--interface",
        "wsgi",
        "--workers",
        "1",
        "--blocking-threads",
        "32",
        "--port",
        str(port),
    ]
    log = tmp_path_factory.mktemp("sandbox") / "granian.log"
    router_url = f"http://127.0.0.1:{port}/sandbox.router/"  # the shop's events come back to the sandbox
    environment = os.environ | {
        "ROUTER_URL": router_url,
        "WEB_WRITE_KEY": "wk_demo",
        "HTTP_OF_THE_PROCESS": "no header",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command, "integrations.sandbox.wsgi:application"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
        )
        try:
            wait_until_open(port, process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


@pytest.fixture
def sandbox(sandbox_origin: str) -> Iterator[SandboxClient]:
    with SandboxClient(sandbox_origin) as client:
        client.reset()
        yield client
        client.reset()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_open(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"The sandbox did not start:\n{log.read_text()}")
