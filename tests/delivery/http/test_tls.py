"""What the HTTP edge demands of a certificate."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from delivery.core.response import Failure
from delivery.http import HttpEdge
from tests.delivery.http.receiver import OK, Receiver, answering_once, hanging, read_request
from tests.delivery.http.sending import answers, post, send


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def secure_edge(edges: Callable[..., HttpEdge], authority: trustme.CA, tmp_path: Path) -> HttpEdge:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return edges(ca_file=str(path), resolve=answers(["127.0.0.1"]))


def server_context(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    certificate.configure_cert(context)
    return context


def test_it_checks_the_certificate_by_name_and_sends_the_name(
    secure_edge: HttpEdge, receive: Callable[..., Receiver], authority: trustme.CA
) -> None:
    context, names = server_context(authority.issue_cert("vendor.example")), []
    context.sni_callback = lambda secured, name, _: names.append(name)
    receiver = receive(OK, tls=context)

    first, second = (send(secure_edge, post(receiver.url("vendor.example"))) for _ in range(2))

    assert first.status == second.status == 200
    assert names == ["vendor.example"]
    assert first.phases.tls_ms
    assert first.phases.connect_ms
    assert first.phases.tls_ms > first.phases.connect_ms
    assert (second.phases.connect_ms, second.phases.tls_ms) == (0.0, 0.0)


def expired(authority: trustme.CA) -> trustme.LeafCert:
    now = datetime.now(UTC)
    return authority.issue_cert(
        "vendor.example", not_before=now - timedelta(days=2), not_after=now - timedelta(days=1)
    )


@pytest.mark.parametrize(
    "issue",
    [
        pytest.param(expired, id="expired"),
        pytest.param(lambda authority: authority.issue_cert("other.example"), id="wrong host"),
        pytest.param(lambda authority: trustme.CA().issue_cert("vendor.example"), id="unknown authority"),
        pytest.param(lambda authority: authority.issue_cert("127.0.0.1"), id="address instead of name"),
    ],
)
def test_it_refuses_a_bad_certificate(
    secure_edge: HttpEdge,
    receive: Callable[..., Receiver],
    authority: trustme.CA,
    issue: Callable[[trustme.CA], trustme.LeafCert],
) -> None:
    receiver = receive(OK, tls=server_context(issue(authority)))

    response = send(secure_edge, post(receiver.url("vendor.example")))

    assert response.failure is Failure.TLS
    assert "Check the certificate" in response.detail
    assert not response.left
    assert receiver.requests == []


def test_it_refuses_an_old_tls_version(
    secure_edge: HttpEdge, receive: Callable[..., Receiver], authority: trustme.CA
) -> None:
    context = server_context(authority.issue_cert("vendor.example"))
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
    with pytest.warns(DeprecationWarning):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    receiver = receive(OK, tls=context)

    assert send(secure_edge, post(receiver.url("vendor.example"))).failure is Failure.TLS


def test_plain_text_on_a_secure_port_is_a_tls_failure(
    secure_edge: HttpEdge, receive: Callable[..., Receiver]
) -> None:
    receiver = receive(lambda connection: connection.recv(1) and connection.sendall(OK))

    response = send(secure_edge, post(receiver.url("vendor.example").replace("http:", "https:")))

    assert (response.failure, response.left) == (Failure.TLS, False)


def test_a_hanging_handshake_is_cut_at_the_deadline(
    secure_edge: HttpEdge, receive: Callable[..., Receiver]
) -> None:
    receiver = receive(hanging)
    url = receiver.url("vendor.example").replace("http:", "https:")

    response = send(secure_edge, post(url, deadline_ms=300))

    assert (response.failure, response.left) == (Failure.TIMEOUT, False)
    assert "No secure connection to vendor.example" in response.detail
    assert response.phases.connect_ms is not None
    assert response.phases.tls_ms is None


def test_a_test_authority_is_not_trusted_by_default(
    edges: Callable[..., HttpEdge], receive: Callable[..., Receiver], authority: trustme.CA
) -> None:
    receiver = receive(OK, tls=server_context(authority.issue_cert("vendor.example")))

    response = send(edges(resolve=answers(["127.0.0.1"])), post(receiver.url("vendor.example")))

    assert response.failure is Failure.TLS


def test_a_kept_connection_that_was_closed_while_idle_is_no_failure(
    secure_edge: HttpEdge, receive: Callable[..., Receiver], authority: trustme.CA
) -> None:
    context = server_context(authority.issue_cert("vendor.example"))
    receiver = receive(answering_once(OK), tls=context)

    for number in range(1, 4):
        assert send(secure_edge, post(receiver.url("vendor.example"))).status == 200
        assert receiver.accepted == number
        time.sleep(0.05)  # the server's close arrives


def test_a_kept_connection_that_breaks_is_a_reset(
    secure_edge: HttpEdge, receive: Callable[..., Receiver], authority: trustme.CA
) -> None:
    def answer_the_first_only(connection: socket.socket) -> None:
        receiver.requests.append(read_request(connection))
        connection.sendall(OK)
        receiver.requests.append(read_request(connection))

    context = server_context(authority.issue_cert("vendor.example"))
    receiver = receive(answer_the_first_only, tls=context)

    first, second = (send(secure_edge, post(receiver.url("vendor.example"))) for _ in range(2))

    assert first.status == 200
    assert (second.failure, second.left, second.phases.tls_ms) == (Failure.RESET, True, 0.0)
    assert (receiver.accepted, len(receiver.requests)) == (1, 2)
