"""An authority that the sender trusts, endpoints with its certificates, and the sender."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import trustme

from tests.webhooks.receiving import NAME, Answer, Endpoint, Sender, serving


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def endpoint(authority: trustme.CA) -> Iterator[Callable[..., Endpoint]]:
    """Starts endpoints; they answer in the order given, the last answer for ever."""
    with ExitStack() as stack:

        def start(*answers: Answer, certificate: trustme.LeafCert | None = None) -> Endpoint:
            issued = certificate or authority.issue_cert(NAME)
            return stack.enter_context(serving(issued, *answers))

        yield start


@pytest.fixture
def sender(authority: trustme.CA, tmp_path: Path) -> Iterator[Sender]:
    made = Sender(authority, tmp_path, {NAME: ["127.0.0.1"]})
    yield made
    made.edge.close()


@pytest.fixture
def unused_port() -> int:
    """A port of this machine that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
