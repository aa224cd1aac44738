#!/usr/bin/env python3
"""Fetch the live tracking file, verify its SRI string, try it, publish it. Standard library only.

For a CI job that a `file.deployed` webhook starts, or that runs by hand:

    S2S_URL            https://events.example.com
    S2S_TOKEN          a token with the scope read:tracking_file
    TRACKING_FILE      the file's id (`analytics_file_id` of the webhook's payload)
    TARGET             where to publish: a path, replaced in one step
    SOURCE_URL         optional: where to fetch it; else the Cluster File Endpoint
    TEST_COMMAND       optional: run with the fetched file as its last argument; must end with 0
    AFTER_COMMAND      optional: run after publishing, for example what purges the CDN

Ends with 0 when TARGET holds the live build; otherwise it says why, and TARGET is as it was.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shlex
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

TRIES = 2  # somebody may upload another build between two requests


class Stop(Exception):
    """The job ends here, with this sentence."""


def main() -> None:
    file = f"{setting('S2S_URL').rstrip('/')}/api/v1/tracking-files/{setting('TRACKING_FILE')}"
    target = Path(setting("TARGET"))
    number, script = fetch_verified(file)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent) as directory:
        fetched = Path(directory) / target.name
        fetched.write_bytes(script)
        run("TEST_COMMAND", str(fetched))
        fetched.chmod(0o644)
        os.replace(fetched, target)
    run("AFTER_COMMAND")
    print(f"Build {number} is published at {target} ({len(script)} bytes).")


def fetch_verified(file: str) -> tuple[int, bytes]:
    """The live build's number and its bytes as the Cluster File Endpoint serves them."""
    for _ in range(TRIES):
        live = json.loads(get(file, with_token=True))
        number = live["live_build"]
        if number is None:
            raise Stop("No build is live. Upload one on the File Summary page first.")
        build: dict[str, Any] = json.loads(get(f"{file}/builds/{number}", with_token=True))
        source = os.environ.get("SOURCE_URL") or live["endpoint_url"]
        script = get(source)
        if integrity_of(script) == build["integrity"]:
            return number, script
    raise Stop(
        f"{source} serves {integrity_of(script)}, and build {number} is {build['integrity']}: "
        "something on the way changed the file. Nothing was published."
    )


def integrity_of(script: bytes) -> str:
    return f"sha384-{base64.b64encode(hashlib.sha384(script).digest()).decode()}"


def get(url: str, *, with_token: bool = False) -> bytes:
    headers = {"Authorization": f"Bearer {setting('S2S_TOKEN')}"} if with_token else {}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=30) as answer:  # noqa: S310
            body: bytes = answer.read()
            return body
    except urllib.error.HTTPError as error:
        raise Stop(f"{url} answered {error.code}: {error.read(500).decode(errors='replace')}") from None
    except OSError as error:  # URLError is one
        raise Stop(f"{url} did not answer: {getattr(error, 'reason', error)}") from None


def run(name: str, *more: str) -> None:
    command = os.environ.get(name)
    words = [*shlex.split(command), *more] if command else []
    try:
        if words and subprocess.run(words, check=False).returncode:  # noqa: S603 (your own job wrote it)
            raise Stop(f"{name} failed: {command}")
    except OSError as error:
        raise Stop(f"{name} could not be started: {error}") from None


def setting(name: str) -> str:
    value = os.environ.get(name)
    if not value:
        raise Stop(f"Set {name}; the head of this script says to what.")
    return value


if __name__ == "__main__":
    try:
        main()
    except (Stop, OSError) as reason:
        sys.exit(str(reason))
