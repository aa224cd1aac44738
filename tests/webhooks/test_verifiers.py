"""Real requests of the running system: what others wrote to verify them accepts them, and nothing else."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from tests.webhooks.endpoints import make_subscription
from tests.webhooks.receiving import Endpoint, Received, Sender
from webhooks.core.secrets import SigningSecrets
from webhooks.core.signing import secret_text, signed_headers
from webhooks.models import Subscription
from webhooks.services.messages import publish

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parents[2]
PLACE = ROOT / "tests/webhooks/verifiers"
NODE = shutil.which("node")
MISSING = "NOT TESTED: install nodejs and npm to see what Node's verifiers say"
OLD, NEW = secret_text(b"o" * 32), secret_text(b"n" * 32)


@pytest.fixture
def captured(endpoint: Callable[..., Endpoint], sender: Sender) -> Callable[..., Received]:
    """Publishes a message and gives the request that arrived."""

    def capture(subscription: Subscription | None = None) -> Received:
        receiver = endpoint()
        if subscription is None:
            subscription = make_subscription(secrets={"current": OLD, "previous": []})
        Subscription.objects.filter(id=subscription.id).update(url=receiver.url)
        publish(subscription.organization_id, "file.deployed", {"org_name": "Ä & Co"}, at=timezone.now())
        sender.deliver()
        return receiver.received[-1]

    return capture


@pytest.fixture
def rotating() -> Subscription:
    secrets = SigningSecrets(current=OLD).rotated(NEW, overlap=timedelta(hours=24), now=timezone.now())
    return make_subscription(secrets=secrets.stored())


def tampered(request: Received) -> Iterator[Received]:
    """The request with each part changed that a signature must protect, and times that are none."""
    yield Received(request.path, request.headers, request.body.replace(b"Co", b"Ca"))
    yield Received(request.path, request.headers, request.body + b" ")
    for name in ("x-metarouter-timestamp", "webhook-timestamp"):
        later = str(int(request.headers[name]) + 1)
        timestamps = {"x-metarouter-timestamp": later, "webhook-timestamp": later}
        yield Received(request.path, {**request.headers, **timestamps}, request.body)
    for timestamp in ("", "²"):  # a digit to some, and no number
        timestamps = {"x-metarouter-timestamp": timestamp, "webhook-timestamp": timestamp}
        yield Received(request.path, {**request.headers, **timestamps}, request.body)
    other = {"x-metarouter-signature": "sha256=" + "0" * 64, "webhook-signature": "v1," + "A" * 43 + "="}
    yield Received(request.path, {**request.headers, **other}, request.body)


# --- The contract's, as customers have them: the body as text -----------------------------------------
def verify_signature(secret: str, timestamp: str, body: str, signature_header: str) -> bool:
    """The contract's five steps in Python, with its arguments; contract.mjs has them in Node."""
    digest = hmac.new(secret.encode(), f"{timestamp}.{body}".encode(), hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"sha256={digest}", signature_header)


def in_python(secret: str, request: Received) -> bool:
    headers = request.headers
    timestamp, signature = headers["x-metarouter-timestamp"], headers["x-metarouter-signature"]
    return verify_signature(secret, timestamp, request.body.decode(), signature)


def in_node(secret: str, request: Received) -> bool:
    return asked("contract", secret, request) == "accepted"


@pytest.mark.parametrize("is_genuine", [in_python, in_node])
def test_the_contracts_verifier_accepts_it_and_refuses_what_was_changed(captured, rotating, is_genuine):
    if is_genuine is in_node and NODE is None:
        _missing(MISSING)
    request = captured()

    assert is_genuine(OLD, request)
    assert not any(is_genuine(OLD, changed) for changed in tampered(request))
    assert not is_genuine(NEW, request)
    in_overlap = captured(rotating)
    assert (is_genuine(OLD, in_overlap), is_genuine(NEW, in_overlap)) == (True, False)


# --- PyPI ---------------------------------------------------------------------------------------------
def test_standardwebhooks_of_pypi_accepts_it_and_refuses_what_was_changed(captured):
    request = captured()

    assert Webhook(OLD).verify(request.body, request.headers)["event_type"] == "file.deployed"
    for changed in tampered(request):
        with pytest.raises(WebhookVerificationError):
            Webhook(OLD).verify(changed.body, changed.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(request.body, request.headers)


def test_in_a_rotation_standardwebhooks_accepts_it_with_either_secret(captured, rotating):
    request = captured(rotating)

    for secret in (OLD, NEW):
        assert Webhook(secret).verify(request.body, request.headers)["event_type"] == "file.deployed"


# --- npm ----------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def packages() -> None:
    """The two npm packages, at their locked versions."""
    if NODE is None or shutil.which("npm") is None:
        _missing(MISSING)
    if not (PLACE / "node_modules").exists():
        done = subprocess.run(["npm", "ci", "--silent"], cwd=PLACE, capture_output=True, text=True)
        if done.returncode:
            _missing(f"NOT TESTED: npm ci in {PLACE} failed: {done.stderr[-300:]}")


def _missing(why: str) -> None:
    """Loud on a developer's machine, an error in CI."""
    assert not os.environ.get("CI"), why
    pytest.skip(why)


def asked(library: str, secret: str, request: Received) -> str:
    question = {
        "library": library,
        "secret": secret,
        "headers": request.headers,
        "body": base64.b64encode(request.body).decode(),
    }
    program = "contract.mjs" if library == "contract" else "verify.mjs"
    done = subprocess.run(
        [str(NODE), program], cwd=PLACE, input=json.dumps(question), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().partition(":")[0]


@pytest.mark.parametrize("library", ["standardwebhooks", "svix"])
def test_npm_packages_accept_it_and_refuse_what_was_changed(captured, rotating, packages, library):
    request = captured()

    assert asked(library, OLD, request) == "accepted"
    assert {asked(library, OLD, changed) for changed in tampered(request)} == {"refused"}
    assert asked(library, NEW, request) == "refused"
    assert {asked(library, secret, captured(rotating)) for secret in (OLD, NEW)} == {"accepted"}


# --- The samples of docs/webhooks.md, as they stand ---------------------------------------------------
def samples(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (ROOT / "docs/webhooks.md").read_text(), re.DOTALL)


@contextmanager
def running(command: list[str], secret: str, port: int) -> Iterator[str]:
    environment = {**os.environ, "WEBHOOK_SECRET": secret, "PORT": str(port)}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}/"
    try:
        _wait_for(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(url: str, process: Any) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            requests.post(url, timeout=5)
            return
        except requests.ConnectionError:
            time.sleep(0.05)
    raise AssertionError("The sample did not start.")


def told(url: str, request: Received) -> int:
    headers = {name: value for name, value in request.headers.items() if name != "host"}
    return requests.post(url, data=request.body, headers=headers, timeout=10).status_code


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_the_samples_of_the_docs_accept_it_and_refuse_what_was_changed(
    captured, tmp_path, unused_port, language
):
    if language == "javascript" and NODE is None:
        _missing(MISSING)
    request = captured()
    program = tmp_path / ("receiver.py" if language == "python" else "receiver.mjs")
    program.write_text(samples(language)[0])
    command = [sys.executable if language == "python" else str(NODE), str(program)]

    with running(command, OLD, unused_port) as url:
        assert told(url, request) == 204
        assert {told(url, changed) for changed in tampered(request)} == {400}
    with running(command, NEW, unused_port) as url:
        assert told(url, request) == 400


@pytest.mark.parametrize("language", ["python", "javascript"])
def test_the_samples_refuse_what_is_played_again_later(captured, tmp_path, unused_port, language):
    if language == "javascript" and NODE is None:
        _missing(MISSING)
    request = captured()
    long_ago = timezone.now() - timedelta(seconds=301)
    signed = signed_headers(
        request.body, message_id="msg_1", at=long_ago, secrets=[OLD], header_prefix="x-metarouter"
    )
    played_again = Received(request.path, {name.lower(): value for name, value in signed}, request.body)
    program = tmp_path / ("receiver.py" if language == "python" else "receiver.mjs")
    program.write_text(samples(language)[0])
    command = [sys.executable if language == "python" else str(NODE), str(program)]

    with running(command, OLD, unused_port) as url:
        assert told(url, played_again) == 400


def test_the_librarys_sample_of_the_docs_reads_it(captured):
    request, names = captured(), {}
    exec(samples("python")[1], names)

    assert names["read"](OLD, request.headers, request.body)["data"] == {"org_name": "Ä & Co"}
