"""A real sandbox in a process of its own, emptied before each test."""

import os
import socket
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from integrations.core.tracking_file.assemble import assemble
from integrations.core.tracking_file.config import (
    Category,
    Consent,
    CustomCookie,
    FileConfig,
    Source,
    Sync,
    UrlParams,
)
from integrations.core.tracking_file.modules import shipped_modules
from integrations.core.tracking_file.snippet import snippet

from .client import SandboxClient

CODES = ("functional", "analytics", "advertising")
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def sandbox_origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    port = free_port()
    command = [
        "granian",
        "--interface",
        "wsgi",
        "--workers",
        "1",
        "--blocking-threads",
        "32",
        "--port",
        str(port),
    ]
    log = tmp_path_factory.mktemp("sandbox") / "granian.log"
    router_url = f"http://127.0.0.1:{port}/sandbox.router"  # the shop's events come back to the sandbox
    environment = os.environ | {
        "SHOP_SNIPPET": shop_snippet(router_url),
        "HTTP_OF_THE_PROCESS": "no header",
    }
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command, "integrations.sandbox.wsgi:application"],
            cwd=ROOT,
            env=environment,
            stdout=output,
            stderr=output,
        )
        try:
            wait_until_open(port, process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)


@pytest.fixture
def sandbox(sandbox_origin: str) -> Iterator[SandboxClient]:
    with SandboxClient(sandbox_origin) as client:
        client.reset()
        yield client
        client.reset()


def shop_snippet(router_url: str) -> str:
    """The shop's snippet, with the file in its address: no other server is needed."""
    config = FileConfig(
        write_key="wk_demo",
        ingestion_url=router_url,
        calls_page_on_load=True,
        consent=Consent(
            categories=tuple(Category(code=code, name=code) for code in CODES),
            sources=(Source.CUSTOM_COOKIE,),
            custom_cookie=CustomCookie(name="shop_consent"),
            storage_categories=("functional",),
        ),
        syncs=(
            url_sync("adroll", "adct"),
            url_sync("partnerstack", "ps_xid"),
            url_sync("partnerstack", "sub_id"),
        ),
    )
    content = assemble(config, shipped_modules()).content
    return snippet(config, f"data:text/javascript;base64,{b64encode(content).decode()}").plain


def url_sync(provider: str, parameter: str) -> Sync:
    return Sync(
        provider=provider,
        id=parameter,
        options=UrlParams(parameters=(parameter,)),
        lifetime_days=90,
        categories=("advertising",),
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_open(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail(f"The sandbox did not start:\n{log.read_text()}")
