"""Two organizations, and a program of the first."""

from __future__ import annotations

import pytest

from accounts.models import Organization
from tests.accounts.api.calls import Api, api_of


@pytest.fixture
def organization(db: None) -> Organization:
    return Organization.objects.create(name="Shop", slug="shop")


@pytest.fixture
def other(db: None) -> Organization:
    return Organization.objects.create(name="Other", slug="other")


@pytest.fixture
def api(organization: Organization) -> Api:
    """A token of the first organization that may do everything in it."""
    return api_of(organization)
