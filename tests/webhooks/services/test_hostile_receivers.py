"""Endpoints that misbehave: each attempt ends in time, is recorded with its reason, and is tried again."""

from __future__ import annotations

import socket
import time
import zlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from tests.webhooks.endpoints import make_subscription
from tests.webhooks.receiving import NAME
from webhooks.core import policy
from webhooks.models import MessageAttempt, MessageDelivery, MessageDeliveryResult
from webhooks.services.messages import publish

pytestmark = pytest.mark.django_db
DEADLINE_MS = 700


@pytest.fixture(autouse=True)
def _hurried(monkeypatch):
    """The contract's 10 s, shortened so that hanging receivers don't hold the tests up."""
    hurried = replace(policy.POLICIES["standard"], deadline_ms=DEADLINE_MS)
    monkeypatch.setitem(policy.POLICIES, "standard", hurried)


def attempt(sender, url):
    """The one attempt that a message to this URL makes."""
    subscription = make_subscription(url=url)
    publish(subscription.organization_id, "file.deployed", {}, at=sender.clock.now())
    sender.deliver()
    return MessageAttempt.objects.get()


def is_tried_again():
    row = MessageDelivery.objects.get()
    return row.attempts == 1 and row.held_at is None and not MessageDeliveryResult.objects.exists()


# --- What they answer with ----------------------------------------------------------------------------
def hang(handler):
    time.sleep(3)


def drip(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(30):
        handler.wfile.write(b".")
        time.sleep(0.1)


def reset(handler):
    handler.connection.shutdown(socket.SHUT_RDWR)
    handler.close_connection = True


def reset_after_200(handler):
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    handler.wfile.write(b"part")
    reset(handler)


def speak_nonsense(handler):
    handler.wfile.write(b"EHLO hooks.acme.example\r\n\r\n")
    handler.close_connection = True


def fill_headers(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X-Filler: " + b"a" * 100_000 + b"\r\n\r\n")
    handler.close_connection = True


def chunk_badly(handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nnot a chunk\r\n")
    handler.close_connection = True


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (hang, "No answer from"),
        (drip, "was not complete within"),
        (reset, "broke off the connection"),
        (reset_after_200, "broke off the connection after status 200"),
        (speak_nonsense, "not valid HTTP"),
        (fill_headers, "too many headers"),
        (chunk_badly, "not valid HTTP"),
    ],
    ids=lambda one: getattr(one, "__name__", ""),
)
def test_no_whole_answer_in_time_is_a_failed_attempt(endpoint, sender, answer, word):
    began = time.monotonic()

    made = attempt(sender, endpoint(answer).url)

    assert (made.status, made.verdict) == (None, "failed")
    assert word in made.reason
    assert is_tried_again()
    assert made.total_ms < DEADLINE_MS * 1.5
    assert time.monotonic() - began < 10


def test_a_compressed_bomb_is_read_to_8_kb_and_counts_as_an_answer(endpoint, sender):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    first, next_ = (packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    bomb = first + next_ * 10_000  # 10 GB

    made = attempt(sender, endpoint((200, {"Content-Encoding": "gzip"}, bomb)).url)

    assert (made.status, made.verdict) == (200, "delivered")
    assert len(made.response_body) == 8192


def test_nul_and_what_is_no_utf_8_are_kept_as_signs(endpoint, sender):
    made = attempt(sender, endpoint((200, {}, b"a\x00b\xff\xfec")).url)

    assert made.response_body == "a␀b��c"


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("a" * 8190 + "é", "a" * 8190 + "é"),  # 8192 bytes: all of it
        ("a" * 8191 + "é", "a" * 8191),  # the cut falls inside the character
        ("a" * 8189 + "€uro", "a" * 8189 + "€"),
        ("a" * 8190 + "€uro", "a" * 8190),
        ("a" * 8192 + "b", "a" * 8192),
    ],
)
def test_a_body_is_kept_to_8_kb_of_whole_characters(endpoint, sender, body, kept):
    assert attempt(sender, endpoint((200, {}, body.encode())).url).response_body == kept


# --- Who they are -------------------------------------------------------------------------------------
def test_an_expired_certificate_is_refused(endpoint, sender, authority):
    now = datetime.now(UTC)
    expired = authority.issue_cert(
        NAME, not_before=now - timedelta(days=2), not_after=now - timedelta(days=1)
    )
    receiver = endpoint(certificate=expired)

    made = attempt(sender, receiver.url)

    assert "expired" in made.reason
    assert receiver.received == []
    assert is_tried_again()


def test_a_certificate_of_another_name_is_refused(endpoint, sender, authority):
    receiver = endpoint(certificate=authority.issue_cert("other.example"))

    made = attempt(sender, receiver.url)

    assert "No secure connection" in made.reason
    assert receiver.received == []
    assert is_tried_again()


def test_a_certificate_that_nobody_vouches_for_is_refused(endpoint, sender):
    receiver = endpoint(certificate=trustme.CA().issue_cert(NAME))

    assert "No secure connection" in attempt(sender, receiver.url).reason
    assert receiver.received == []


@pytest.mark.parametrize("addresses", [["10.0.0.7"], ["169.254.169.254"], ["127.0.0.1", "10.0.0.7"]], ids=str)
def test_a_name_that_was_public_and_leads_inside_now_is_not_connected_to(endpoint, sender, addresses):
    receiver = endpoint()
    sender.addresses[NAME] = addresses  # rebound after it was saved; one bad address is enough

    made = attempt(sender, receiver.url)

    assert "Connections to private addresses are not allowed" in made.reason
    assert receiver.received == []
    assert is_tried_again()


def test_a_name_that_is_gone_is_a_failed_attempt(endpoint, sender):
    receiver = endpoint()
    del sender.addresses[NAME]

    assert "could not be resolved" in attempt(sender, receiver.url).reason
    assert is_tried_again()


def test_one_hanging_endpoint_does_not_keep_another_waiting(endpoint, sender):
    hanging, healthy = endpoint(hang), endpoint()
    for url in (hanging.url, healthy.url):
        subscription = make_subscription(url=url)
        for _ in range(3):
            publish(subscription.organization_id, "file.deployed", {}, at=sender.clock.now())

    sender.deliver()

    first_failed = MessageAttempt.objects.filter(verdict="failed").earliest("started_at")
    ended = MessageDeliveryResult.objects.filter(outcome="delivered").values_list("ended_at", flat=True)
    assert len(ended) == 3
    assert max(ended) < first_failed.started_at + timedelta(milliseconds=DEADLINE_MS)
