"""The API's docs page in a browser that reaches nothing but the server."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from tests.walks.operations import every_operation

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
MISSING = "NOT TESTED: install chromium and chromedriver to look at the docs page"
NO_NETWORK = "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"


@pytest.fixture(scope="module")
def chromium() -> Iterator[webdriver.Chrome]:
    if not (CHROMIUM and DRIVER):
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    options = webdriver.ChromeOptions()
    options.binary_location = str(CHROMIUM)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    for argument in (
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-background-networking",
        NO_NETWORK,
    ):
        options.add_argument(argument)
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(executable_path=DRIVER))
    yield driver
    driver.quit()


@pytest.fixture
def page(chromium: webdriver.Chrome, live_server: Any) -> webdriver.Chrome:
    origin = live_server.url.replace("localhost", "127.0.0.1")
    chromium.get_log("browser")
    chromium.get(f"{origin}/api/v1/docs/")
    WebDriverWait(chromium, 30).until(lambda one: one.find_elements(By.CSS_SELECTOR, ".opblock"))
    return chromium


@pytest.mark.django_db(transaction=True)
def test_it_shows_every_operation_and_its_console_stays_empty(page: webdriver.Chrome) -> None:
    shown = page.execute_script(
        "return [...document.querySelectorAll('.opblock')].map(one =>"
        " one.querySelector('.opblock-summary-method').innerText + ' ' +"
        " one.querySelector('[data-path]').dataset.path)"
    )

    assert sorted(shown) == sorted(f"{one.method} {one.path}" for one in every_operation())
    assert page.get_log("browser") == []


@pytest.mark.django_db(transaction=True)
def test_an_operation_opens(page: webdriver.Chrome) -> None:
    page.find_element(By.CSS_SELECTOR, "#operations-pipelines-pipelines_create .opblock-summary").click()

    body = WebDriverWait(page, 10).until(lambda one: one.find_element(By.CSS_SELECTOR, ".opblock-body"))
    assert "create:pipeline" in body.text
    assert page.get_log("browser") == []


@pytest.mark.django_db(transaction=True)
def test_everything_came_from_the_server(page: webdriver.Chrome) -> None:
    loaded = page.execute_script("return performance.getEntriesByType('resource').map(one => one.name)")
    origin = page.execute_script("return location.origin")

    assert len(loaded) >= 4
    assert [one for one in loaded if not one.startswith((origin, "data:"))] == []


@pytest.mark.django_db(transaction=True)
def test_a_complaint_of_the_console_is_seen(page: webdriver.Chrome) -> None:
    """The other tests can fail: neither another host nor a foreign script gets through."""
    page.execute_script(
        "const one = new Image(); one.src = 'https://example.com/x.png'; document.body.append(one)"
    )

    complaint = WebDriverWait(page, 10).until(lambda one: one.get_log("browser"))
    assert "example.com" in complaint[0]["message"]
