"""Where a data directory's embedded servers keep their sockets and files, and the URLs that reach them."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

POSTGRES_USER = "s2sadmin"
POSTGRES_DATABASE = "s2sadmin"
# Only a part of the socket's name, but a PGPORT in the environment would change it.
POSTGRES_PORT = 5432


def socket_dir(data_dir: Path) -> Path:
    """The same short directory for every process of one user: a socket's path must fit in 107 bytes."""
    return Path("/tmp") / f"s2sadmin-{os.getuid()}-{_digest(data_dir)}"  # noqa: S108 (made 0700, owner checked)


def valkey_socket(data_dir: Path) -> Path:
    return socket_dir(data_dir) / "valkey.sock"


def cluster_dir(data_dir: Path) -> Path:
    """PostgreSQL's own data directory."""
    return data_dir / "postgres"


def relocated_dir(data_dir: Path) -> Path:
    """Where PostgreSQL lives when it must not run as root and cannot be let into the data directory."""
    return Path("/var/lib/s2sadmin") / _digest(data_dir)


def default_database_url(data_dir: Path) -> str:
    """A URL that libpq, psycopg and django-environ read alike."""
    return f"postgres://{POSTGRES_USER}@:{POSTGRES_PORT}/{POSTGRES_DATABASE}?host={socket_dir(data_dir)}"


def default_redis_url(data_dir: Path) -> str:
    """A URL for redis-py; `broker_url` gives the same for Celery."""
    return f"unix://{valkey_socket(data_dir)}"


def broker_url(redis_url: str) -> str:
    """The same server for Celery: kombu has its own words for a unix socket and its database."""
    if not redis_url.startswith("unix://"):
        return redis_url
    return redis_url.replace("unix://", "redis+socket://", 1).replace("db=", "virtual_host=")


def _digest(data_dir: Path) -> str:
    return hashlib.sha256(str(data_dir.resolve()).encode()).hexdigest()[:12]
