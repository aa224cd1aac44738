"""Host names of requests, URLs and sites."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.core.served.hosts import host_of, host_of_url, is_loopback, is_site


@pytest.mark.parametrize(
    ("authority", "host"),
    [
        ("events.shop.example", "events.shop.example"),
        ("Events.Shop.example:8443", "events.shop.example"),
        ("events.shop.example.", "events.shop.example"),
        ("[::1]:8000", "::1"),
        ("", ""),
        ("user@events.shop.example", ""),
        ("events.shop.example/path", ""),
        ("[broken", ""),
    ],
)
def test_the_name_of_a_host_header(authority, host):
    assert host_of(authority) == host


@settings(deadline=None)
@given(st.text(max_size=60))
def test_any_header_has_a_name_or_none(text):
    assert isinstance(host_of(text), str)
    assert isinstance(host_of_url(text), str)


@pytest.mark.parametrize("host", ["localhost", "shop.localhost", "127.0.0.1", "127.8.9.10", "::1"])
def test_this_machine(host):
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "10.0.0.1", "localhost.example", "1127.0.0.1", "example"])
def test_not_this_machine(host):
    assert not is_loopback(host)


@pytest.mark.parametrize("name", ["shop.example", "localhost", "xn--bcher-kva.example", "a.b.c.example"])
def test_a_domain(name):
    assert is_site(name)


@pytest.mark.parametrize(
    "name",
    ["", "https://shop.example", "shop.example/", "Shop.example", ".example", "*.example", "10.0.0.1", "a b"],
)
def test_no_domain(name):
    assert not is_site(name)
