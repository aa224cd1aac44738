"""The npm releases, each loaded as its maker says."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from string import Template

from benchmarks.browser.library import Library
from benchmarks.browser.server import Addresses

HERE = Path(__file__).parent
INSTALLED = HERE / "node_modules"
BUNDLES = {
    "segment": "@segment/analytics-next/dist/umd/standalone.js",
    "rudderstack": "@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js",
    "snowplow": "@snowplow/browser-tracker/dist/index.umd.min.js",
    "jitsu": "@jitsu/js/dist/web/p.js.txt",
}
UNMINIFIED = ("rudderstack",)  # a site's own build minifies it


def their_libraries(addresses: Addresses) -> Iterator[Library]:
    for name, path in BUNDLES.items():
        page = Template((HERE / "pages" / f"{name}.html").read_text("utf-8"))
        yield Library(
            name=name,
            head=page.substitute(FILE=addresses.file(name), ORIGIN=addresses.origin, HOST=addresses.host),
            script=_minified(path) if name in UNMINIFIED else (INSTALLED / path).read_bytes(),
        )


def _minified(path: str) -> bytes:
    command = [INSTALLED / ".bin" / "esbuild", "--minify", "--log-level=error", INSTALLED / path]
    return subprocess.run(command, check=True, capture_output=True, timeout=60).stdout
