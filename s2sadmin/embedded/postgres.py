"""PostgreSQL on a private unix socket: its cluster, its options, its start."""

from __future__ import annotations

import os
import shutil
import signal
import time
from pathlib import Path

import psycopg
from psycopg import sql

from s2sadmin.embedded.locations import POSTGRES_DATABASE, POSTGRES_PORT, POSTGRES_USER, socket_dir
from s2sadmin.embedded.place import OLDEST_VERSION, Place, find_place, major_version
from s2sadmin.embedded.processes import CannotRun, Program, Supervisor, run_to_end, wait_until_ready

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
# For servers whose data is thrown away anyway: a crash of the machine may destroy it, and a test is one
# transaction, in which a busy machine may say nothing for minutes.
THROW_AWAY_OPTIONS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "idle_in_transaction_session_timeout": "0",
}


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
    address = f"host={sockets} port={POSTGRES_PORT} user={POSTGRES_USER} dbname=postgres"
    try:
        connection = psycopg.connect(address, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError:
        return False
    with connection:
        assert connection.info.server_version >= OLDEST_VERSION * 10_000
        known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [POSTGRES_DATABASE])
        if not known.fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(POSTGRES_DATABASE)))
    return True
