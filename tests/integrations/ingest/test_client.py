"""Who sent the request, behind proxies or not."""

from __future__ import annotations

import pytest

from integrations.core.facts import Facts
from integrations.ingest.client import TrustedProxies, client_ip
from integrations.ingest.door import Door
from tests.integrations.ingest.doors import TRACK, Storage, basic, knock

PROXIES = TrustedProxies(["10.0.0.0/8", "fd00::/8", "192.0.2.7"])


@pytest.mark.parametrize(
    ("remote", "forwarded", "ip"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.1, 10.0.0.2,192.0.2.7", "198.51.100.1"),
        ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ("10.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("fd00::1", "[2001:db8::5]:443", "2001:db8::5"),
        ("::ffff:10.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "1.1.1.1, unknown, 10.0.0.2", "10.0.0.2"),
        ("10.0.0.1", "<script>", "10.0.0.1"),
        ("", "198.51.100.1", ""),
        ("unix:", "", ""),
    ],
)
def test_the_right_most_address_that_is_no_proxy(remote: str, forwarded: str, ip: str) -> None:
    assert client_ip(remote, forwarded, PROXIES) == ip


def test_without_proxies_nothing_forwarded_is_believed() -> None:
    assert client_ip("10.0.0.1", "198.51.100.1", TrustedProxies()) == "10.0.0.1"


def test_a_bad_network_is_refused_at_start() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.0/99"):
        TrustedProxies(["10.0.0.0/99"])


def test_storage_learns_the_facts(storage: Storage) -> None:
    headers = {
        "user-agent": "Mozilla/5.0\0\n" + "x" * 2000,
        "sec-gpc": "1",
        "origin": "https://shop.example",
        "x-forwarded-for": "198.51.100.1",
    }

    knock(
        storage,
        "/v1/t",
        TRACK,
        headers=basic() | headers,
        remote_addr="10.0.0.1",
        door=Door(accept=storage.accept, proxies=PROXIES),
    )

    assert storage.facts == Facts(
        ip="198.51.100.1",
        user_agent="Mozilla/5.0" + "x" * 1011,
        gpc=True,
        origin="https://shop.example",
    )


def test_and_the_size_of_every_event(storage: Storage) -> None:
    knock(storage, "/v1/batch", b'{"batch":[{"type":"page" }, {"a":"\\u0000"}]}', headers=basic())

    assert [(one.size, one.needs_walk) for one in storage.seen] == [(16, False), (14, True)]
