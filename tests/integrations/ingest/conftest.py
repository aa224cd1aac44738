"""A fresh storage for every test."""

from __future__ import annotations

import pytest

from tests.integrations.ingest.doors import Storage


@pytest.fixture
def storage() -> Storage:
    return Storage()
