"""Other people's browser SDKs from npm, and a site that serves them beside a page."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

HERE = Path(__file__).with_name("sdks")
MODULES = HERE / "node_modules"
MISSING = "NOT TESTED: install npm to try Segment's and RudderStack's browser SDKs"


def installed() -> Path:
    """The packages of the lock file, fetched once. Without npm it skips loudly, in CI it fails."""
    npm = shutil.which("npm")
    if not MODULES.exists() and not npm:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    if not MODULES.exists():
        done = subprocess.run(
            [npm, "ci", "--ignore-scripts"], cwd=HERE, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
    return MODULES


@contextlib.contextmanager
def site(pages: dict[str, str]) -> Iterator[str]:
    """The origin of a site with these pages by path; every other path is a file of the packages."""
    packages = installed()

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *args: object) -> None:
            super().__init__(*args, directory=str(packages))

        def do_GET(self) -> None:
            page = pages.get(self.path)
            if page is None:
                return super().do_GET()
            body = page.encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return None

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://shop.test:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
