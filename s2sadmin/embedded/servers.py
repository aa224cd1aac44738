"""Starts the servers that the environment does not name, for one process at a time on a data directory."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from s2sadmin.embedded.locations import (
    default_database_url,
    default_redis_url,
    relocated_dir,
    socket_dir,
)
from s2sadmin.embedded.postgres import start_postgres
from s2sadmin.embedded.processes import CannotRun, Supervisor
from s2sadmin.embedded.valkey import start_valkey


@contextlib.contextmanager
def embedded_servers(
    data_dir: Path, *, durable: bool = True, supervisor: Supervisor | None = None
) -> Iterator[dict[str, str]]:
    """Yield DATABASE_URL and REDIS_URL: the environment's, or those of servers that live until the end.

    With a supervisor, the caller's `watch` notices when a server dies, and the end stops its other children
    first. `durable=False` trades the data's safety for speed. Raises CannotRun with a sentence for people.
    """
    supervisor = supervisor or Supervisor()
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    data_dir = data_dir.resolve()
    with locked(data_dir):
        try:
            yield _start(supervisor, data_dir, durable=durable)
        finally:
            supervisor.stop()


def _start(supervisor: Supervisor, data_dir: Path, *, durable: bool) -> dict[str, str]:
    database_url, redis_url = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
    make_private(socket_dir(data_dir))
    if not database_url:
        start_postgres(supervisor, data_dir, durable=durable)
    if not redis_url:
        start_valkey(supervisor, data_dir)
    return {
        "DATABASE_URL": database_url or default_database_url(data_dir),
        "REDIS_URL": redis_url or default_redis_url(data_dir),
    }


@contextlib.contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Hold the data directory; the kernel gives it back however this process ends."""
    with (data_dir / "lock").open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise CannotRun(
                f"s2sadmin already runs on {data_dir} (process {holder}): stop that one first."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def make_private(directory: Path) -> None:
    """Make a directory that only its owner may enter; refuse one that somebody else made before us."""
    directory.mkdir(mode=0o700, exist_ok=True)
    found = directory.lstat()
    owners = {0, pwd.getpwnam("nobody").pw_uid} if os.getuid() == 0 else {os.getuid()}
    if not stat.S_ISDIR(found.st_mode) or found.st_uid not in owners:
        raise CannotRun(f"{directory} belongs to another user: remove it.")
    os.chown(directory, os.getuid(), os.getgid())
    directory.chmod(0o700)


def discard(data_dir: Path) -> None:
    """Remove everything that stopped servers left behind: data, sockets, a relocated cluster."""
    for directory in (socket_dir(data_dir), relocated_dir(data_dir), data_dir):
        shutil.rmtree(directory, ignore_errors=True)
