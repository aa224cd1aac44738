"""Several databases on one server, copies of each other at first: this process goes to one at a time."""

from __future__ import annotations

from django.db import connection

MAINTENANCE = "postgres"


def use(name: str) -> None:
    """Every connection that this process opens from now on goes to this database."""
    connection.close()
    connection.settings_dict["NAME"] = name


def current() -> str:
    """Which database this process uses."""
    return str(connection.settings_dict["NAME"])


def copy_current(name: str) -> None:
    """Make another database with the same rows. Who is connected to this one loses its connection."""
    known = current()
    use(MAINTENANCE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [known])
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{known}"')
    use(known)
