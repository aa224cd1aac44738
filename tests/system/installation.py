"""An installation whose servers can be stopped one by one, with any number of web processes."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import sys
from pathlib import Path

from s2sadmin.embedded.locations import default_database_url, default_redis_url, socket_dir
from s2sadmin.embedded.postgres import start_postgres
from s2sadmin.embedded.processes import Program, Supervisor
from s2sadmin.embedded.servers import discard, locked, make_private
from s2sadmin.embedded.valkey import start_valkey
from s2sadmin.run import is_healthy
from tests.system.running import OF_THE_TESTS, ROOT, eventually, free_port

GRANIAN = str(Path(sys.executable).parent / "granian")


class Installation:
    """Use it as a context; `web` gives the port of a further web process."""

    def __init__(self, directory: Path, *, durable: bool = False) -> None:
        self.data_dir = directory / "data"
        self._durable = durable
        self._postgres, self._valkey, self._webs = Supervisor(), Supervisor(), Supervisor()
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Installation:
        self.data_dir.mkdir(mode=0o700)
        self._stack.callback(discard, self.data_dir)
        self._stack.enter_context(locked(self.data_dir))
        make_private(socket_dir(self.data_dir))
        for supervisor in (self._valkey, self._postgres, self._webs):
            self._stack.callback(supervisor.stop)
        self.start_postgres()
        self.start_valkey()
        self._manage("migrate", "--noinput", "-v", "0")
        return self

    def __exit__(self, *reason: object) -> None:
        self._stack.close()

    def start_postgres(self) -> None:
        start_postgres(self._postgres, self.data_dir, durable=self._durable)

    def stop_postgres(self) -> None:
        self._postgres.stop()

    def start_valkey(self) -> None:
        start_valkey(self._valkey, self.data_dir)

    def stop_valkey(self) -> None:
        self._valkey.stop()

    def web(self) -> int:
        """The port of one more web process, which answers already."""
        port = free_port()
        options = [
            "--interface",
            "wsgi",
            "--port",
            str(port),
            "--blocking-threads",
            "8",
            "--log-level",
            "error",
        ]
        command = [GRANIAN, *options, "s2sadmin.wsgi:application"]
        program = Program(name=f"web {port}", command=command, env=self.environment(), directory=ROOT)
        self._webs.start(program)
        eventually(lambda: is_healthy(port))
        return port

    def orm(self, code: str) -> str:
        """What the code prints that runs in `manage.py shell`."""
        return self._manage("shell", "-v", "0", "-c", code).strip()

    def environment(self) -> dict[str, str]:
        inherited = {name: value for name, value in os.environ.items() if name not in OF_THE_TESTS}
        urls = {
            "DATABASE_URL": default_database_url(self.data_dir),
            "REDIS_URL": default_redis_url(self.data_dir),
        }
        return inherited | urls | {"DATA_DIR": str(self.data_dir)}

    def _manage(self, *words: str) -> str:
        command = [sys.executable, "manage.py", *words]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def fetch(
    port: int, path: str, method: str = "GET", **headers: str
) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Status, headers and body as they came over the socket; nothing is inflated or followed."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, headers={n.replace("_", "-"): v for n, v in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()
