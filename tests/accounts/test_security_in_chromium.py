"""The content security policy in a real browser: every page works, and none breaks its policy."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from accounts.core.permissions import Role
from accounts.core.principal import system
from accounts.models import Member, Organization, User
from accounts.services.members import invite
from tests.chromium import Remote

PASSWORD = "correct horse battery"

pytestmark = pytest.mark.django_db(transaction=True)


class Visitor:
    """Somebody at a browser, and what its console complained of."""

    def __init__(self, page: Remote, origin: str) -> None:
        self.page = page
        self.origin = origin
        self.errors: list[str] = []
        page.on(
            "console", lambda message: self.errors.append(message.text) if message.type == "error" else None
        )
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def open(self, path: str) -> list[str]:
        self.page.goto(self.origin + path)
        return self.complaints()

    def complaints(self) -> list[str]:
        errors, self.errors[:] = list(self.errors), []
        return errors

    def path(self) -> str:
        return urlsplit(self.page.url).path

    def fill(self, **values: str) -> list[str]:
        for name, value in values.items():
            self.page.fill(f"[name={name}]", value)
        with self.page.expect_navigation():
            self.page.click("main button[type=submit]")
        return self.complaints()


@pytest.fixture
def visitor(context: Remote, live_server: Any) -> Visitor:
    return Visitor(context.new_page(), live_server.url)


def test_signing_in_leads_to_a_living_admin(visitor: Visitor) -> None:
    user = User.objects.create_superuser("root@here.example", PASSWORD)
    organization = Organization.objects.create(name="Shop", slug="shop")
    Member.objects.create(organization=organization, user=user, role=Role.ADMIN)

    assert visitor.open("/admin/") == []
    assert visitor.path() == "/account/sign-in/"
    assert visitor.fill(login="root@here.example", password=PASSWORD) == []
    assert visitor.path() == "/admin/"
    assert visitor.page.evaluate("typeof Alpine") == "object"

    paths = [
        "/admin/accounts/member/",
        "/admin/accounts/member/add/",
        f"/admin/accounts/organization/{organization.id}/change/",
        "/admin/integrations/destination/",
        "/admin/integrations/event/",
        "/account/two-factor/",
        "/account/password/",
    ]
    assert {path: visitor.open(path) for path in paths} == {path: [] for path in paths}


def test_an_invited_person_joins_in_a_browser(visitor: Visitor) -> None:
    organization = Organization.objects.create(name="Shop", slug="shop")
    _, link = invite(system("test"), organization, email="bob@shop.example", role=Role.READ_ONLY)

    assert visitor.open(urlsplit(link).path) == []
    assert visitor.fill(password=PASSWORD, repeated=PASSWORD) == []

    assert visitor.path() == "/admin/"
    assert Member.objects.get().user.email == "bob@shop.example"


def test_the_theme_of_the_admin_is_the_theme_of_the_sign_in_page(visitor: Visitor) -> None:
    visitor.open("/account/sign-in/")
    visitor.page.evaluate("localStorage.setItem('adminTheme', '\"dark\"')")

    visitor.open("/account/sign-in/")

    assert visitor.page.get_attribute("html", "class") == "dark"


def test_a_page_that_breaks_its_policy_is_seen(visitor: Visitor) -> None:
    """The other tests can fail."""
    visitor.open("/account/sign-in/")
    visitor.page.evaluate(
        "document.body.append(Object.assign(document.createElement('script'), {text: 'document.title = 1'}))"
    )

    assert "Content Security Policy" in visitor.complaints()[0]
