"""pytest plugin: Debian's Chromium, one for the whole run, driven by Playwright from a thread of its own.

Playwright's sync API would leave an event loop running in the tests' thread, where Django's ORM then refuses
to work. So the browser lives on a loop in another thread, and `Remote` makes its objects look synchronous.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import os
import shutil
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import pytest
from playwright.async_api import async_playwright

EXECUTABLE = shutil.which("chromium") or shutil.which("google-chrome")
MISSING = "NOT TESTED: install chromium to look at pages in a real browser"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    # A context's ignore_https_errors ends with its page, and what a page sends last would be lost.
    "--ignore-certificate-errors",
    # Every name under .test is this machine, and nothing else is reached.
    "--host-resolver-rules=MAP *.test 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]
PATIENCE_MS = 10_000


class Loop:
    """An event loop in a thread, and calls into it from other threads."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, name="chromium", daemon=True)
        self.thread.start()

    def run(self, work: Coroutine[Any, Any, Any], patience_s: float = 60) -> Any:
        future = asyncio.run_coroutine_threadsafe(work, self.loop)
        try:
            return future.result(patience_s)
        finally:
            future.cancel()

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join()
        self.loop.close()


class Remote:
    """One of Playwright's async objects, used from any thread as if it were sync."""

    def __init__(self, loop: Loop, target: Any) -> None:
        self._loop, self._target = loop, target

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._target, name)
        return self._calling(value) if callable(value) else self._far(value)

    def __enter__(self) -> Any:
        return self._far(self._loop.run(self._target.__aenter__()))

    def __exit__(self, *reason: Any) -> None:
        self._loop.run(self._target.__aexit__(*reason))

    def _calling(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **named: Any) -> Any:
            async def there() -> Any:
                given = {name: _near(value) for name, value in named.items()}
                result = function(*map(_near, args), **given)
                return await result if inspect.isawaitable(result) and not _is_ours(result) else result

            return self._far(self._loop.run(there()))

        return call

    def _far(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._far(one) for one in value]
        return Remote(self._loop, value) if _is_ours(value) else value


def _near(value: Any) -> Any:
    return value._target if isinstance(value, Remote) else value


def _is_ours(value: Any) -> bool:
    return type(value).__module__.startswith("playwright.") and not isinstance(value, Exception)


def start_chromium(loop: Loop, **options: Any) -> tuple[Remote, Callable[[], None]]:
    """A running browser and what ends it."""
    manager = async_playwright()
    playwright = loop.run(manager.__aenter__())
    launched = playwright.chromium.launch(executable_path=EXECUTABLE, args=ARGUMENTS, **options)
    browser = Remote(loop, loop.run(launched))

    def stop() -> None:
        browser.close()
        loop.run(manager.__aexit__())

    return browser, stop


def end(context: Remote) -> None:
    """Close it. Where a page was just being left, Chromium may never say that it has; then go on without."""
    with contextlib.suppress(TimeoutError):
        context._loop.run(context._target.close(), patience_s=5)


def need_chromium() -> None:
    """Skip loudly where there is no Chromium; fail where the tests are said to be complete."""
    if not EXECUTABLE:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)


@pytest.fixture(scope="session")
def browser_loop() -> Iterator[Loop]:
    loop = Loop()
    yield loop
    loop.close()


@pytest.fixture(scope="session")
def chromium(browser_loop: Loop) -> Iterator[Remote]:
    need_chromium()
    browser, stop = start_chromium(browser_loop)
    yield browser
    stop()


@pytest.fixture
def context(chromium: Remote) -> Iterator[Remote]:
    """A visitor who was never here: no cookies, no storage, no cache."""
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE_MS)
    yield context
    end(context)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if not EXECUTABLE:
        terminalreporter.write_line(MISSING, red=True, bold=True)
