"""pytest plugin: pytest-xdist gives out whole files, and all system tests together, which share one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from xdist.scheduler import LoadFileScheduling

TOGETHER = ("tests/system/",)  # starting the product takes half a minute


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadFileScheduling | None:
    """Instead of `--dist loadfile`'s own."""
    if config.getoption("dist") != "loadfile":
        return None

    from xdist.scheduler import LoadFileScheduling  # only there when tests run side by side

    class FilesAndPackages(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return next(
                (package for package in TOGETHER if nodeid.startswith(package)), super()._split_scope(nodeid)
            )

    return FilesAndPackages(config, log)  # type: ignore[arg-type]
