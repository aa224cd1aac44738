"""Leaves a database connection that a restart of PostgreSQL broke, before it costs a request."""

from __future__ import annotations

import select

from django.db import connection


def leave_broken_connection() -> None:
    """Close this thread's connection when the server has hung up; the next statement opens a new one.

    A hung-up socket is readable, an idle one is not: one system call instead of a query. Never inside a
    transaction.
    """
    if connection.in_atomic_block or connection.connection is None:
        return
    if connection.connection.closed or _has_news(connection.connection.fileno()):
        connection.close()


def _has_news(descriptor: int) -> bool:
    poll = select.poll()
    poll.register(descriptor, select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(0))
