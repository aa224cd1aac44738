"""The embedded servers and the supervisor, with real processes."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import environ
import psycopg
import pytest
import redis

from s2sadmin.embedded.locations import (
    broker_url,
    default_database_url,
    relocated_dir,
    socket_dir,
)
from s2sadmin.embedded.processes import CannotRun, Program, Supervisor, must_give_up
from s2sadmin.embedded.servers import discard, embedded_servers
from s2sadmin.keys import keys_from_file

BASE_DIR = Path(__file__).resolve().parent.parent.parent
SUPERVISOR = """
    import sys, time
    from pathlib import Path
    from s2sadmin.embedded.processes import Program, Supervisor
    from s2sadmin.embedded.servers import embedded_servers

    data_dir, supervisor = Path(sys.argv[1]), Supervisor()
    with embedded_servers(data_dir, durable=False, supervisor=supervisor) as env:
        sleep = ["sleep", "600"]
        supervisor.start(Program(name="child", command=sleep, env=env, directory=data_dir))
        print("running", flush=True)
        supervisor.watch()
"""


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    directory = tmp_path / "data"
    yield directory
    discard(directory)


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    supervisor = Supervisor()
    yield supervisor
    supervisor.stop()


# --- Locations ----------------------------------------------------------------------------------------
def test_every_reader_of_the_database_url_finds_the_socket(data_dir: Path) -> None:
    url = default_database_url(data_dir)

    config = environ.Env.db_url_config(url)

    assert config["ENGINE"] == "django.db.backends.postgresql"
    assert (config["NAME"], config["USER"]) == ("s2sadmin", "s2sadmin")
    assert config["OPTIONS"] == {"host": str(socket_dir(data_dir))}
    assert psycopg.conninfo.conninfo_to_dict(url)["host"] == str(socket_dir(data_dir))


def test_celery_is_told_of_a_unix_socket_in_its_own_words() -> None:
    assert broker_url("unix:///run/valkey.sock") == "redis+socket:///run/valkey.sock"
    assert broker_url("unix:///run/valkey.sock?db=2") == "redis+socket:///run/valkey.sock?virtual_host=2"
    assert broker_url("redis://valkey:6379/0") == "redis://valkey:6379/0"


def test_socket_paths_fit_however_deep_the_data_is(tmp_path: Path) -> None:
    deep = tmp_path / ("deep/" * 50)

    assert len(str(socket_dir(deep) / ".s.PGSQL.5432.lock")) <= 107


# --- Servers ------------------------------------------------------------------------------------------
def test_a_second_start_keeps_the_data(data_dir: Path) -> None:
    with embedded_servers(data_dir) as env, psycopg.connect(env["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")

    with embedded_servers(data_dir) as env, psycopg.connect(env["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


def test_servers_are_reached_by_private_sockets_only(data_dir: Path) -> None:
    with embedded_servers(data_dir, durable=False) as env:
        assert setting(env, "listen_addresses") == ""
        assert redis.Redis.from_url(env["REDIS_URL"]).config_get("port") == {"port": "0"}
        assert stat.S_IMODE(socket_dir(data_dir).stat().st_mode) == 0o700


@pytest.mark.parametrize(("durable", "fsync"), [(True, "on"), (False, "off")])
def test_only_thrown_away_data_goes_without_fsync(data_dir: Path, durable: bool, fsync: str) -> None:
    with embedded_servers(data_dir, durable=durable) as env:
        assert setting(env, "fsync") == fsync
        assert setting(env, "full_page_writes") == fsync


def test_servers_of_the_environment_are_used_instead(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"DATABASE_URL": "postgres://elsewhere/db", "REDIS_URL": "redis://elsewhere"}
    for name, url in given.items():
        monkeypatch.setenv(name, url)

    with embedded_servers(data_dir) as env:
        assert env == given
        assert not (data_dir / "postgres").exists()


def test_a_data_directory_has_one_holder(data_dir: Path) -> None:
    first, second = embedded_servers(data_dir, durable=False), embedded_servers(data_dir, durable=False)
    holder = rf"already runs on .*data \(process {os.getpid()}\)"

    with first, pytest.raises(CannotRun, match=holder), second:
        pass


def test_a_socket_directory_of_another_user_is_refused(data_dir: Path) -> None:
    socket_dir(data_dir).symlink_to("/")

    with pytest.raises(CannotRun, match="belongs to another user"):
        embedded_servers(data_dir).__enter__()

    socket_dir(data_dir).unlink()


@pytest.mark.parametrize("pid", [2**22 - 1, os.getpid()], ids=["gone", "another process now"])
def test_a_stale_lock_file_does_not_stop_a_start(data_dir: Path, pid: int) -> None:
    process = start_supervisor(data_dir)
    lock = data_dir / "postgres" / "postmaster.pid"
    os.kill(int(lock.read_text().split()[0]), signal.SIGKILL)
    process.kill()
    process.communicate()
    lock.write_text("\n".join([str(pid), *lock.read_text().splitlines()[1:]]) + "\n")

    with embedded_servers(data_dir, durable=False) as env:
        assert setting(env, "fsync") == "off"


def test_a_cluster_of_another_version_is_refused(data_dir: Path) -> None:
    (data_dir / "postgres").mkdir(parents=True)
    (data_dir / "postgres" / "PG_VERSION").write_text("15\n")

    with pytest.raises(CannotRun, match="was made by PostgreSQL 15 and this is 1"):
        embedded_servers(data_dir).__enter__()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must become another user")
def test_root_without_namespaces_moves_the_cluster_and_keeps_it(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with embedded_servers(data_dir) as env, psycopg.connect(env["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    refuse_namespaces(tmp_path / "bin", monkeypatch)

    for _ in range(2):
        with embedded_servers(data_dir) as env, psycopg.connect(env["DATABASE_URL"]) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
            assert relocated_dir(data_dir).stat().st_uid != 0

    assert not (data_dir / "postgres").exists()


# --- Supervisor ---------------------------------------------------------------------------------------
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_outlives_the_supervisor(data_dir: Path, number: signal.Signals) -> None:
    process = start_supervisor(data_dir)
    assert len(processes_of(data_dir)) > 3

    process.send_signal(number)
    process.communicate()

    assert becomes_true(lambda: not processes_of(data_dir), within_s=5)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root must become another user")
def test_nothing_outlives_a_supervisor_that_made_the_cluster_another_users(
    data_dir: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refuse_namespaces(tmp_path / "bin", monkeypatch)
    process = start_supervisor(data_dir)
    cluster = relocated_dir(data_dir) / "postgres"
    assert len(processes_of(cluster)) > 3

    process.kill()
    process.communicate()

    assert becomes_true(lambda: not processes_of(data_dir) and not processes_of(cluster), within_s=5)


def test_an_ended_child_is_started_again(supervisor: Supervisor, tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    supervisor.start(shell(f"echo started >> {starts}; test $(wc -l < {starts}) = 2 && sleep 600", tmp_path))

    supervisor.watch(until=lambda: starts.exists() and starts.read_text().count("started") == 2)

    assert not supervisor.children[0].has_ended


def test_a_child_that_keeps_ending_stops_all(
    supervisor: Supervisor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("s2sadmin.embedded.processes.BACKOFF_S", 0)
    supervisor.start(shell("exit 3", tmp_path))

    with pytest.raises(CannotRun, match=r"child ended 5 times within a minute \(last: exit code 3\)"):
        supervisor.watch()


def test_the_end_of_a_server_stops_all(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start(shell("kill -9 $$", tmp_path, restarts=False))

    with pytest.raises(CannotRun, match=r"child ended by itself \(killed by SIGKILL\)"):
        supervisor.watch()


def test_a_child_that_ignores_the_signal_is_killed_with_its_children(
    supervisor: Supervisor, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    child = supervisor.start(shell("trap '' TERM; echo ready; sleep 600; sleep 600", tmp_path, grace_s=0.1))
    assert becomes_true(lambda: "child    | ready" in capsys.readouterr().out, within_s=5)

    supervisor.stop()

    assert child.process.returncode == -signal.SIGKILL
    assert "child did not stop within 0.1 s" in capsys.readouterr().out
    assert becomes_true(lambda: not processes_of(tmp_path), within_s=2)


def test_children_stop_in_the_opposite_order(supervisor: Supervisor, tmp_path: Path) -> None:
    order = tmp_path / "order"
    for name in ("first", "second"):
        script = f"trap 'echo {name} >> {order}; exit' TERM; touch {name}; while :; do sleep 0.01; done"
        supervisor.start(shell(script, tmp_path))
    assert becomes_true(lambda: (tmp_path / "first").exists() and (tmp_path / "second").exists(), within_s=5)

    supervisor.stop()

    assert order.read_text().split() == ["second", "first"]


def test_five_ends_within_a_minute_are_too_many() -> None:
    assert must_give_up([0, 10, 20, 30, 60])
    assert not must_give_up([0, 10, 20, 30])
    assert not must_give_up([0, 10, 20, 30, 61])
    assert must_give_up([0, 100, 110, 120, 130, 140])


# --- The one command ----------------------------------------------------------------------------------
@pytest.mark.parametrize("variable", ["PORT", "SANDBOX_PORT"])
def test_a_taken_port_is_said_before_anything_starts(variable: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, socket.create_server(("127.0.0.1", 0)) as free:
        ports = {"PORT": free.getsockname()[1], "SANDBOX_PORT": free.getsockname()[1] - 1}
        free.close()
        ports[variable] = taken.getsockname()[1]

        result = run_command(ports)

    assert result.returncode == 1
    assert result.stdout.startswith(
        f"Port {ports[variable]} cannot be used (Address already in use): set {variable} "
    )
    assert len(result.stdout.splitlines()) == 1


def test_a_port_that_is_no_number_is_named() -> None:
    result = run_command({"PORT": "web"})

    assert result.returncode == 1
    assert result.stdout == "PORT must be a port number from 1 to 65535, not 'web'.\n"


# --- The servers of a test run ------------------------------------------------------------------------
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_test_run_that_is_interrupted_leaves_nothing(tmp_path: Path, number: signal.Signals) -> None:
    run = start_test_run(tmp_path)
    servers_dir = BASE_DIR / ".data" / f"test-{run.pid}"
    assert len(processes_of(servers_dir)) > 3

    run.send_signal(number)
    run.communicate(timeout=60)

    assert processes_of(servers_dir) == []
    assert not servers_dir.exists()


def test_a_test_run_that_is_killed_is_cleaned_up_after(tmp_path: Path) -> None:
    killed = start_test_run(tmp_path)
    servers_dir = BASE_DIR / ".data" / f"test-{killed.pid}"

    killed.kill()
    killed.communicate()

    assert becomes_true(lambda: not processes_of(servers_dir), within_s=5)
    another = start_test_run(tmp_path)
    another.terminate()
    another.communicate()
    assert not servers_dir.exists()


# --- Keys ---------------------------------------------------------------------------------------------
def test_processes_that_start_together_agree_on_the_key(tmp_path: Path) -> None:
    path = tmp_path / "keys"
    script = "from s2sadmin.keys import *; import sys; print(keys_from_file(Path(sys.argv[1])))"

    readers = [python(script, str(path)) for _ in range(8)]

    seen = {reader.communicate()[0] for reader in readers}
    assert seen == {f"{keys_from_file(path)}\n"}
    assert len(keys_from_file(path)) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


# --- Words of these tests -----------------------------------------------------------------------------
def setting(env: dict[str, str], name: str) -> str:
    with psycopg.connect(env["DATABASE_URL"]) as connection:
        row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    assert row
    return row[0]


def shell(script: str, directory: Path, *, restarts: bool = True, grace_s: float = 5) -> Program:
    return Program(
        name="child",
        command=["sh", "-c", script],
        env=os.environ,
        directory=directory,
        restarts=restarts,
        grace_s=grace_s,
    )


def python(*words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", *words]
    return subprocess.Popen(command, cwd=BASE_DIR, stdout=subprocess.PIPE, text=True)


def start_supervisor(data_dir: Path) -> subprocess.Popen[str]:
    process = python(textwrap.dedent(SUPERVISOR), str(data_dir))
    assert process.stdout
    assert process.stdout.readline() == "running\n"
    return process


def run_command(ports: dict[str, object]) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **{name: str(port) for name, port in ports.items()}}
    command = [sys.executable, "-m", "s2sadmin.run"]
    return subprocess.run(command, cwd=BASE_DIR, env=env, capture_output=True, text=True, check=False)


def start_test_run(tmp_path: Path) -> subprocess.Popen[str]:
    test = tmp_path / "test_waiting.py"
    test.write_text('import time\ndef test_it():\n    print("running", flush=True)\n    time.sleep(600)\n')
    env = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "REDIS_URL")}
    options = ["-p", "no:django", "-p", "no:cacheprovider", "-s", "-c", "pyproject.toml", "-W", "ignore"]
    command = [sys.executable, "-m", "pytest", *options, str(test)]
    heeds_ctrl_c = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)  # noqa: E731
    run = subprocess.Popen(
        command, cwd=BASE_DIR, env=env, stdout=subprocess.PIPE, text=True, preexec_fn=heeds_ctrl_c
    )
    assert run.stdout
    assert any("running" in line for line in run.stdout)
    return run


def processes_of(directory: Path) -> list[int]:
    """Every process that works in the directory or below, or names it on its command line."""
    return [int(process.name) for process in Path("/proc").glob("[0-9]*") if _is_of(process, str(directory))]


def _is_of(process: Path, directory: str) -> bool:
    try:
        if ") Z " in (process / "stat").read_text():
            return False
        return directory in (process / "cmdline").read_text() or directory in str(
            (process / "cwd").readlink()
        )
    except OSError:  # it ended meanwhile, or belongs to somebody else
        return False


def becomes_true(condition: Callable[[], bool], *, within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def refuse_namespaces(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which `unshare` fails."""
    directory.mkdir()
    fake = directory / "unshare"
    shutil.copy("/bin/false", fake)
    monkeypatch.setenv("PATH", f"{directory}{os.pathsep}{os.environ['PATH']}")
