"""Samples and signed-in clients for the admin's pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.core.permissions import Role
from tests.integrations.admin.samples import Samples, make_samples, make_user

SignIn = Callable[..., Client]


@pytest.fixture
def samples(db: None) -> Samples:
    return make_samples()


@pytest.fixture
def sign_in(samples: Samples) -> SignIn:
    """A client for a member of the samples' organization with this role."""

    def enter(role: Role = Role.ADMIN, **options: bool) -> Client:
        client = Client()
        client.force_login(make_user(f"{role}@sample.example", samples.organization, role, **options))
        return client

    return enter


@pytest.fixture
def staff(samples: Samples) -> Client:
    """A client for installation staff."""
    client = Client()
    client.force_login(make_user("staff@here.example"))
    return client


@pytest.fixture
def stranger(db: None) -> Client:
    """A client for an Admin of another organization, which has samples of its own."""
    others = make_samples("others", "Other shop")
    client = Client()
    client.force_login(make_user("stranger@other.example", others.organization, Role.ADMIN))
    return client
