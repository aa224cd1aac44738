"""The world that walks go through, with no throttle and a sandbox that nobody serves."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.cache import cache

from tests.walks.world import World, make_world


@pytest.fixture(autouse=True)
def _unhurried(settings: Any) -> None:
    settings.API_RATE_PER_MINUTE = 10**6
    settings.SANDBOX_URL = "http://127.0.0.1:9"
    cache.clear()


@pytest.fixture(autouse=True)
def _names(monkeypatch: pytest.MonkeyPatch) -> None:
    """No name is looked up: every one leads to the public internet."""
    monkeypatch.setattr("webhooks.services.urls.system_resolve", lambda host, port: ["93.184.215.14"])


@pytest.fixture
def world(db: None) -> World:
    return make_world()
