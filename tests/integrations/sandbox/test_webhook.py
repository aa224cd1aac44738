"""The webhook receiver: takes what is signed with the secret that somebody pasted, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest

from webhooks.core.signing import secret_text, signed_headers

from .client import SandboxClient

URL = "/sandbox.webhook/in"
BODY = b'{"event_type":"webhook.test","timestamp":"2026-03-18T10:30:00Z","data":{}}'
SECRET = secret_text(b"k" * 32)


@pytest.fixture
def receiver(sandbox: SandboxClient) -> Iterator[SandboxClient]:
    """A sandbox that knows the secret."""
    sandbox.post("/webhooks", data={"secret": SECRET})
    yield sandbox
    sandbox.post("/webhooks", data={"secret": ""})


def headers(secret: str = SECRET, *, age_s: int = 0, prefix: str = "X-MetaRouter") -> dict[str, str]:
    at = datetime.now(UTC) - timedelta(seconds=age_s)
    signed = signed_headers(BODY, message_id="msg_1", at=at, secrets=[secret], header_prefix=prefix)
    return {"Content-Type": "application/json", **dict(signed)}


def test_without_a_secret_it_takes_a_message_and_says_that_it_is_not_verified(sandbox: SandboxClient) -> None:
    answer = sandbox.post(URL, data=BODY)

    assert answer.status_code == 204
    assert sandbox.last("webhook")["remark"] == (
        "webhook.test. Not verified: paste the signing secret at /webhooks"
    )


@pytest.mark.parametrize("prefix", ["X-MetaRouter", "X-Acme"])
def test_it_takes_what_both_signatures_prove(receiver: SandboxClient, prefix: str) -> None:
    assert receiver.post(URL, data=BODY, headers=headers(prefix=prefix)).status_code == 204
    assert receiver.last("webhook")["remark"] == "webhook.test. Both signatures are right"


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (dict, "A signature header is missing"),
        (
            lambda: headers(secret_text(b"x" * 32)),
            "X-Metarouter-Signature is not of this secret and this body",
        ),
        (lambda: headers(age_s=400), "The timestamp is older than five minutes, or none"),
        (lambda: headers() | {"webhook-signature": "v1,AAAA"}, "Webhook-Signature is not of this secret"),
    ],
    ids=["none", "another secret", "old", "one of two"],
)
def test_it_refuses_what_is_not_proven(
    receiver: SandboxClient, sent: Callable[[], dict[str, str]], sentence: str
) -> None:
    answer = receiver.post(URL, data=BODY, headers=sent())

    assert answer.status_code == 400
    assert sentence in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"a":1}', b"hello"])
def test_it_refuses_what_is_no_message(sandbox: SandboxClient, body: bytes) -> None:
    assert sandbox.post(URL, data=body).status_code == 400


def test_its_page_has_the_address_and_refuses_what_is_no_secret(sandbox: SandboxClient) -> None:
    assert f"{sandbox.origin}{URL}" in sandbox.get("/webhooks").text
    assert sandbox.post("/webhooks", data={"secret": "whsec_?"}).status_code == 400
    assert "Not known yet" in sandbox.get("/webhooks").text
