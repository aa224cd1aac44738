"""The cross-domain id: who gets one, what the cookie is, and who may read it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from uuid import UUID

import pytest

from tests.integrations.serving.hatches import FACTS, HOST, KEY, Client, FakeShelf, stranger

PATH = "/v1/cross_domain_direct/id"
SITE = {"origin": "https://www.shop-two.example", "sec_fetch_site": "cross-site"}
COOKIE = re.compile(
    r"__Host-cross_domain_id=([0-9a-f]{32}); Max-Age=34128000; Path=/; HttpOnly; Secure; SameSite=None"
)


def id_in(reply):
    assert reply.status == 200, reply.body
    return json.loads(reply.body)["id"]


def cookie_of(reply):
    """The Cookie header that a browser sends from now on."""
    return reply.headers["Set-Cookie"].partition(";")[0]


def test_a_first_visit_gets_an_id_and_a_cookie_that_no_script_can_read():
    reply = Client().get(PATH, **SITE)

    assert str(UUID(id_in(reply))) == id_in(reply)
    assert COOKIE.fullmatch(reply.headers["Set-Cookie"])
    assert id_in(reply).replace("-", "") not in reply.headers["Set-Cookie"]
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Access-Control-Allow-Origin"] == "https://www.shop-two.example"
    assert reply.headers["Access-Control-Allow-Credentials"] == "true"
    assert reply.headers["Vary"] == "Origin"


def test_the_same_visitor_has_the_same_id_on_every_site_and_the_cookie_is_not_prolonged():
    first = Client().get(PATH, **SITE)

    second = Client().get(PATH, cookie=f"a=b; {cookie_of(first)}", origin="https://shop-two.example")

    assert id_in(second) == id_in(first)
    assert "Set-Cookie" not in second.headers


def test_a_cookie_that_is_none_of_ours_is_replaced():
    reply = Client().get(PATH, cookie="__Host-cross_domain_id=<script>", **SITE)

    assert COOKIE.fullmatch(reply.headers["Set-Cookie"])


def test_a_write_key_says_whose_id_it_is():
    first = Client().get(PATH, **SITE)

    by_key = Client().get(f"{PATH}?writeKey={KEY}", cookie=cookie_of(first), **SITE)

    assert id_in(by_key) == id_in(first)


def test_two_organizations_on_one_host_see_different_ids_of_one_visitor():
    shelf = FakeShelf({KEY: FACTS, "other": stranger(FACTS.base_url)})
    first = Client(shelf).get(f"{PATH}?writeKey={KEY}", **SITE)
    own_page = {"origin": f"https://{HOST}", "sec_fetch_site": "same-origin"}

    other = Client(shelf).get(f"{PATH}?writeKey=other", cookie=cookie_of(first), **own_page)

    assert id_in(other) != id_in(first)
    assert Client(shelf).get(PATH, **SITE).status == 400


def test_the_sites_of_another_organization_on_the_host_read_nothing():
    shelf = FakeShelf({KEY: FACTS, "other": stranger(FACTS.base_url)})

    reply = Client(shelf).get(f"{PATH}?writeKey=other", **SITE)

    assert reply.status == 403


@pytest.mark.parametrize(
    "page",
    [
        {"origin": "https://www.shop.example", "sec_fetch_site": "same-site"},
        {"origin": f"https://{HOST}"},
        {"origin": "https://shop-two.example:8443", "sec_fetch_site": "cross-site"},
        {},
        {"sec_fetch_site": "none"},
    ],
)
def test_pages_of_the_clusters_own_domain_and_listed_ones_may_read_it(page):
    assert Client().get(PATH, **page).status == 200


@pytest.mark.parametrize(
    "page",
    [
        {"origin": "https://stranger.example", "sec_fetch_site": "cross-site"},
        {"origin": "https://evilshop-two.example"},
        {"origin": "https://shop-two.example.evil.example"},
        {"origin": "http://shop-two.example"},
        {"origin": "null", "sec_fetch_site": "cross-site"},
        {"origin": "https://[broken", "sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "cross-site"},
    ],
)
def test_any_other_page_gets_neither_id_nor_cookie(page):
    reply = Client().get(PATH, **page)

    assert (reply.status, json.loads(reply.body)["code"]) == (403, "unknown_site")
    assert "Set-Cookie" not in reply.headers
    assert "Access-Control-Allow-Origin" not in reply.headers


def test_who_opted_out_by_gpc_gets_nothing():
    reply = Client().get(PATH, sec_gpc="1", **SITE)

    assert (reply.status, reply.body) == (204, b"")
    assert "Set-Cookie" not in reply.headers


def test_who_opts_out_later_loses_the_cookie():
    had = cookie_of(Client().get(PATH, **SITE))

    reply = Client().get(PATH, cookie=had, sec_gpc="1", **SITE)

    assert reply.status == 204
    assert reply.headers["Set-Cookie"] == (
        "__Host-cross_domain_id=deleted; Max-Age=0; Path=/; HttpOnly; Secure; SameSite=None"
    )


def test_plain_http_works_on_this_machine_only():
    shelf = FakeShelf({KEY: replace(FACTS, base_url="http://events.shop.example")})
    page = {"origin": "http://shop-two.example"}

    here = Client(shelf, address="127.0.0.1").get(PATH, **page)
    elsewhere = Client(shelf).get(PATH, **page)

    assert here.headers["Set-Cookie"].startswith("cross_domain_id=")
    assert here.headers["Set-Cookie"].endswith("; Path=/; HttpOnly; SameSite=Lax")
    assert (elsewhere.status, json.loads(elsewhere.body)["code"]) == (403, "https_only")


def test_a_host_that_is_no_clusters_is_refused():
    reply = Client(host="stranger.example").get(PATH)

    assert (reply.status, json.loads(reply.body)["code"]) == (404, "unknown_host")


def test_an_unknown_key_is_refused():
    assert Client().get(f"{PATH}?writeKey=unknown").status == 404


def test_a_preflight_lets_credentials_through():
    reply = Client().get(PATH, "OPTIONS", origin="https://shop-two.example")

    assert reply.status == 204
    assert reply.headers["Access-Control-Allow-Credentials"] == "true"
    assert reply.headers["Access-Control-Allow-Origin"] == "https://shop-two.example"
