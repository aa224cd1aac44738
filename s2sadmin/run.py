"""The one-command run: servers, a demo organization, web, worker, beat and the vendor sandbox."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import environ

from s2sadmin.embedded.processes import CannotRun, Program, Supervisor, run_to_end, say
from s2sadmin.embedded.servers import embedded_servers
from s2sadmin.welcome import welcome

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("DATA_DIR") or BASE_DIR / ".data").resolve()
BIN_DIR = Path(sys.executable).parent
HOST = "127.0.0.1"
START_S = 60.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, kw_only=True)
class Ports:
    web: int
    sandbox: int


def main() -> int:
    stop_on_signals()
    environ.Env.read_env(BASE_DIR / ".env")
    try:
        run(free_ports())
    except CannotRun as reason:
        say(str(reason))
        return 1
    except Stopped:
        return 0
    return 0


def run(ports: Ports) -> None:
    """Start everything, say where it is, and keep it running until a signal or an accident."""
    supervisor = Supervisor()
    say("Starting PostgreSQL and Valkey ...")
    with embedded_servers(DATA_DIR, supervisor=supervisor) as urls:
        try:
            env = child_environment(os.environ, urls, ports)
            say("Preparing the database and the demo organization ...")
            demo = prepare(env)
            for program in programs({**env, "SHOP_SNIPPET": demo["web_snippet"]}, ports):
                supervisor.start(program)
            supervisor.watch(until=all_answer(ports))
            say(welcome(demo, f"http://{HOST}:{ports.web}", f"http://{HOST}:{ports.sandbox}"))
            supervisor.watch()
        finally:
            say("Stopping ...")


# --- Signals ------------------------------------------------------------------------------------------
class Stopped(BaseException):
    """Somebody asked for the end: Ctrl-C, `kill`, or a closed terminal."""


def stop_on_signals() -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, _stop)


def _stop(number: int, frame: FrameType | None) -> None:
    for other in STOP_SIGNALS:  # an impatient second Ctrl-C must not leave children behind
        signal.signal(other, lambda *_: None)
    raise Stopped


# --- Ports --------------------------------------------------------------------------------------------
def free_ports() -> Ports:
    """The ports that the environment asks for; CannotRun when one of them cannot be used."""
    ports = Ports(web=_free_port("PORT", "8000"), sandbox=_free_port("SANDBOX_PORT", "8001"))
    if ports.web == ports.sandbox:
        raise CannotRun(f"PORT and SANDBOX_PORT are both {ports.web}: set one of them to another port.")
    return ports


def _free_port(variable: str, default: str) -> int:
    text = os.environ.get(variable) or default
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise CannotRun(f"{variable} must be a port number from 1 to 65535, not {text!r}.")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(text)))
        except OSError as error:
            raise CannotRun(
                f"Port {text} cannot be used ({os.strerror(error.errno or 0)}): "
                f"set {variable} to a free port, for example `{variable}={int(text) % 60000 + 100} make run`."
            ) from None
    return int(text)


# --- Children -----------------------------------------------------------------------------------------
def child_environment(given: Mapping[str, str], urls: Mapping[str, str], ports: Ports) -> dict[str, str]:
    """What is already set stays; the demo may send to its own sandbox, and webhooks, on loopback."""
    defaults = {
        "DJANGO_SETTINGS_MODULE": "s2sadmin.settings",
        "DATA_DIR": str(DATA_DIR),
        "SANDBOX_URL": f"http://{HOST}:{ports.sandbox}",
        "DELIVERY_ALLOWED_NETWORKS": "127.0.0.0/8,::1/128",
        "WEBHOOK_TRIAL_HOSTS": "127.0.0.1,localhost",
        "PUBLIC_URL": f"http://{HOST}:{ports.web}",
        "PYTHONUNBUFFERED": "1",
    }
    return defaults | {name: value for name, value in given.items() if value} | dict(urls)


def prepare(env: Mapping[str, str]) -> dict[str, Any]:
    """Bring database and catalogue up to date; return what `seed_demo` says about the demo organization."""
    manage("migrate", "--noinput", "-v", "0", env=env)
    manage("load_catalogue", env=env)
    lines = manage("seed_demo", env=env).splitlines()
    demo: dict[str, Any] = json.loads(lines[-1])
    return demo


def manage(*words: str, env: Mapping[str, str]) -> str:
    command = [sys.executable, str(BASE_DIR / "manage.py"), *words]
    return run_to_end(Program(name=f"manage.py {words[0]}", command=command, env=env, directory=BASE_DIR))


def programs(env: Mapping[str, str], ports: Ports) -> list[Program]:
    """In the order of their start; they stop in the opposite order."""
    schedule = str(DATA_DIR / "celerybeat-schedule")
    # Celery warns at length when root runs it; the demo may be run by root.
    celery_env = {**env, "PYTHONWARNINGS": "ignore:::celery.platforms"}
    celery = [str(BIN_DIR / "celery"), "-q", "-A", "s2sadmin"]
    worker = ["worker", "-l", "WARNING", "--concurrency", "2", "--without-gossip", "--without-mingle"]
    beat = ["beat", "-l", "WARNING", "-s", schedule, "--pidfile="]
    return [
        _program("sandbox", _granian("integrations.sandbox.wsgi:application", ports.sandbox), env),
        _program("web", _granian("s2sadmin.wsgi:application", ports.web), env),
        _program("worker", [*celery, *worker], celery_env),
        _program("beat", [*celery, *beat], celery_env),
    ]


def _program(name: str, command: list[str], env: Mapping[str, str]) -> Program:
    return Program(name=name, command=command, env=env, directory=BASE_DIR)


def _granian(application: str, port: int) -> list[str]:
    options = {
        "interface": "wsgi",
        "host": HOST,
        "port": str(port),
        "workers": "1",
        "blocking-threads": "32",
        "backpressure": "512",  # connections at once, idle ones included; the next ones wait in the backlog
        "workers-kill-timeout": "8",
        "log-level": "error",  # it warns of 32 threads, which the ingest route needs to share commits
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return [str(BIN_DIR / "granian"), *words, "--respawn-failed-workers", application]


def all_answer(ports: Ports) -> Callable[[], bool]:
    """A condition that holds once web and sandbox are healthy."""
    waiting = {"web": ports.web, "sandbox": ports.sandbox}
    deadline = time.monotonic() + START_S

    def are_healthy() -> bool:
        for name, port in list(waiting.items()):
            if is_healthy(port):
                del waiting[name]
        if waiting and time.monotonic() > deadline:
            raise CannotRun(f"No good answer from {' and '.join(waiting)} within {START_S:g} s.")
        return not waiting

    return are_healthy


def is_healthy(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
