"""A visitor in Chromium, the sites that they visit, and tracking files made of one configuration each."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from typing import Any

import pytest

from tests.chromium import Remote, end

from .sites import Sites, certificate, running_sites
from .visitor import Visitor


@pytest.fixture(scope="session")
def tls() -> ssl.SSLContext:
    return certificate()


@pytest.fixture
def sites(tls: ssl.SSLContext) -> Iterator[Sites]:
    with running_sites(tls) as sites:
        yield sites


@pytest.fixture
def visitor(sites: Sites, context: Remote) -> Iterator[Visitor]:
    """Somebody who was never here. No script may fail on any page that they see."""
    visitor = Visitor(sites, context)
    yield visitor
    assert visitor.errors == []


@pytest.fixture
def another(sites: Sites, chromium: Remote) -> Iterator[Any]:
    """Makes further visitors, with options of a browser context."""
    contexts: list[Remote] = []

    def make(**options: Any) -> Visitor:
        contexts.append(chromium.new_context(**options))
        return Visitor(sites, contexts[-1])

    yield make
    for context in contexts:
        end(context)
