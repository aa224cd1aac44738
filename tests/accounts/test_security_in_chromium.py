"""The content security policy in a real browser: every page works, and none breaks its policy."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import staleness_of
from selenium.webdriver.support.wait import WebDriverWait

from accounts.core.permissions import Role
from accounts.core.principal import system
from accounts.models import Member, Organization, User
from accounts.services.members import invite

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
PASSWORD = "correct horse battery"

pytestmark = [
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER), reason="Install chromium and chromedriver to look at pages"
    ),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(scope="module")
def chromium() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=DRIVER))
    driver.implicitly_wait(5)
    yield driver
    driver.quit()


class Visitor:
    """Somebody at a browser, and what its console complained of."""

    def __init__(self, driver: webdriver.Chrome, origin: str) -> None:
        self.driver = driver
        self.origin = origin
        driver.delete_all_cookies()
        driver.get_log("browser")

    def open(self, path: str) -> list[str]:
        self.driver.get(self.origin + path)
        return self.complaints()

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] == "SEVERE"]

    def fill(self, **values: str) -> list[str]:
        for name, value in values.items():
            self.driver.find_element(By.NAME, name).send_keys(value)
        button = self.driver.find_element(By.CSS_SELECTOR, "main button[type=submit]")
        button.click()
        WebDriverWait(self.driver, 10).until(staleness_of(button))
        return self.complaints()


@pytest.fixture
def visitor(chromium: webdriver.Chrome, live_server: Any) -> Visitor:
    return Visitor(chromium, live_server.url)


def test_signing_in_leads_to_a_living_admin(visitor: Visitor) -> None:
    user = User.objects.create_superuser("root@here.example", PASSWORD)
    organization = Organization.objects.create(name="Shop", slug="shop")
    Member.objects.create(organization=organization, user=user, role=Role.ADMIN)

    assert visitor.open("/admin/") == []
    assert urlsplit(visitor.driver.current_url).path == "/account/sign-in/"
    assert visitor.fill(login="root@here.example", password=PASSWORD) == []
    assert urlsplit(visitor.driver.current_url).path == "/admin/"
    assert visitor.driver.execute_script("return typeof Alpine") == "object"

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

    assert urlsplit(visitor.driver.current_url).path == "/admin/"
    assert Member.objects.get().user.email == "bob@shop.example"


def test_the_theme_of_the_admin_is_the_theme_of_the_sign_in_page(visitor: Visitor) -> None:
    visitor.open("/account/sign-in/")
    visitor.driver.execute_script("localStorage.setItem('adminTheme', '\"dark\"')")

    visitor.open("/account/sign-in/")

    root = visitor.driver.find_element(By.TAG_NAME, "html")
    visitor.driver.execute_script("localStorage.clear()")
    assert root.get_attribute("class") == "dark"


def test_a_page_that_breaks_its_policy_is_seen(visitor: Visitor) -> None:
    """The other tests can fail."""
    visitor.open("/account/sign-in/")
    visitor.driver.execute_script(
        "const s = document.createElement('script'); s.text = 'document.title = 1'; document.body.append(s)"
    )

    assert "Content Security Policy" in visitor.complaints()[0]
