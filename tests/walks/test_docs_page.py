"""The API's docs page in a browser that reaches nothing but the server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.chromium import Remote
from tests.walks.operations import every_operation

OPERATIONS = (
    "[...document.querySelectorAll('.opblock')].map(one =>"
    " one.querySelector('.opblock-summary-method').innerText + ' ' +"
    " one.querySelector('[data-path]').dataset.path)"
)


def scrolled(page: Remote) -> Iterator[Remote]:
    """The page, a screen at a time: of a long list Swagger UI draws only what is in sight."""
    while True:
        yield page
        before = page.evaluate("scrollY")
        page.evaluate("scrollBy(0, innerHeight / 2)")
        page.wait_for_timeout(100)
        if page.evaluate("scrollY") == before:
            return


@pytest.fixture
def console() -> list[str]:
    return []


@pytest.fixture
def page(context: Remote, live_server: Any, console: list[str]) -> Remote:
    page = context.new_page()
    page.on("console", lambda message: console.append(message.text))
    page.on("pageerror", lambda error: console.append(str(error)))
    page.goto(live_server.url.replace("localhost", "127.0.0.1") + "/api/v1/docs/")
    page.wait_for_selector(".opblock", timeout=30_000)
    return page


@pytest.mark.django_db(transaction=True)
def test_it_shows_every_operation_and_its_console_stays_empty(page: Remote, console: list[str]) -> None:
    shown = {operation for screen in scrolled(page) for operation in screen.evaluate(OPERATIONS)}

    assert sorted(shown) == sorted(f"{one.method} {one.path}" for one in every_operation())
    assert console == []


@pytest.mark.django_db(transaction=True)
def test_an_operation_opens(page: Remote, console: list[str]) -> None:
    wanted = "#operations-pipelines-pipelines_create .opblock-summary"
    next(screen for screen in scrolled(page) if screen.query_selector(wanted)).click(wanted)

    assert "create:pipeline" in page.inner_text(".opblock-body")
    assert console == []


@pytest.mark.django_db(transaction=True)
def test_everything_came_from_the_server(page: Remote, console: list[str]) -> None:
    loaded = page.evaluate("performance.getEntriesByType('resource').map(one => one.name)")
    origin = page.evaluate("location.origin")

    assert len(loaded) >= 4
    assert [one for one in loaded if not one.startswith((origin, "data:"))] == []


@pytest.mark.django_db(transaction=True)
def test_a_complaint_of_the_console_is_seen(page: Remote, console: list[str]) -> None:
    """The other tests can fail: neither another host nor a foreign script gets through."""
    with page.expect_event("console"):
        page.evaluate("new Image().src = 'https://example.com/x.png'")

    assert "example.com" in console[0]
