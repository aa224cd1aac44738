"""One running product for all system tests; what it printed is shown when one of them fails."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

from tests.system.router import Database, Router
from tests.system.running import Run, eventually
from tests.system.vendors import Vendors

SHOWN = 12_000  # characters of its output


@pytest.fixture(scope="package")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    run = Run(tmp_path_factory.mktemp("run"))
    try:
        run.start()
        yield run
        assert run.stop() == 0
        assert run.survivors() == []
    finally:
        run.end()


@pytest.fixture
def database(run: Run) -> Database:
    return Database(run.database_url)


@pytest.fixture
def router(run: Run) -> Iterator[Router]:
    """A back end with the write key that the run printed."""
    with Router(run.url, run.welcome["Write key"]) as router:
        yield router


@pytest.fixture
def sandbox(run: Run, database: Database) -> Iterator[Vendors]:
    """The vendors, healthy and with empty logs. In the end every delivery has ended and none is lost."""
    with Vendors(run.sandbox_url) as client:
        client.reset()
        yield client
        client.reset()
    eventually(database.unfinished, 0)
    assert database.lost() == 0


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    run = getattr(item, "funcargs", {}).get("run")
    if report.failed and run:
        report.sections.append(("output of the run", run.output()[-SHOWN:]))
    return report
