"""The Cluster File Endpoint as HTTP: forms, conditions, caching, CORS, refusals."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tests.integrations.serving.hatches import (
    BUILD,
    CONTENT,
    FACTS,
    KEY,
    OLD_BUILD,
    OLD_SCRIPT,
    SCRIPT,
    SHA256,
    Client,
    FakeShelf,
    stranger,
    with_live,
)


def code_of(reply):
    """The error's code; it ends with a sentence and no cache may keep it."""
    body = json.loads(reply.body)
    assert body["message"].endswith(".")
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    return body["code"]


def test_the_live_file_comes_with_everything_that_browsers_and_caches_need():
    reply = Client().file()

    assert (reply.status, reply.body) == (200, SCRIPT)
    assert reply.headers == {
        "Content-Type": "application/javascript; charset=utf-8",
        "Accept-Ranges": "none",
        "ETag": f'"{SHA256}"',
        "Cache-Control": "public, max-age=300, stale-while-revalidate=86400",
        "Vary": "Accept-Encoding",
        "Last-Modified": "Sat, 21 Nov 2026 05:42:10 GMT",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "ETag, Retry-After",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Timing-Allow-Origin": "*",
        "X-Content-Type-Options": "nosniff",
    }


def test_each_pipeline_has_its_own_cache_lifetime():
    shelf = FakeShelf({KEY: with_live(cache_seconds=60), "uncached": with_live(cache_seconds=0)})

    replies = [Client(shelf).file(key=key) for key in shelf.keys]

    assert [reply.headers["Cache-Control"] for reply in replies] == [
        "public, max-age=60, stale-while-revalidate=86400",
        "public, no-cache",
    ]


@pytest.mark.parametrize(
    ("accepted", "encoding", "body", "etag"),
    [
        ("gzip, deflate, br, zstd", "br", CONTENT.brotli, f'"{SHA256}-br"'),
        ("gzip, deflate", "gzip", CONTENT.gzip, f'"{SHA256}-gzip"'),
        ("", None, SCRIPT, f'"{SHA256}"'),
    ],
)
def test_each_form_has_its_own_strong_tag(accepted, encoding, body, etag):
    reply = Client().file(accept_encoding=accepted)

    assert reply.body == body
    assert reply.headers.get("Content-Encoding") == encoding
    assert reply.headers["ETag"] == etag
    assert reply.headers["Vary"] == "Accept-Encoding"


def test_who_refuses_every_form_is_told_which_there_are():
    reply = Client().file(accept_encoding="identity;q=0, *;q=0")

    assert (reply.status, code_of(reply)) == (406, "not_acceptable")


@pytest.mark.parametrize("tag", [f'"{SHA256}-br"', f'W/"{SHA256}-br"', f'"other", W/"{SHA256}-br"', "*"])
def test_who_has_the_file_gets_304_without_a_body(tag):
    reply = Client().file(accept_encoding="br", if_none_match=tag)

    assert (reply.status, reply.body) == (304, b"")
    assert reply.headers["ETag"] == f'"{SHA256}-br"'
    assert reply.headers["Cache-Control"] == "public, max-age=300, stale-while-revalidate=86400"
    assert reply.headers["Vary"] == "Accept-Encoding"
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert "Content-Type" not in reply.headers


@pytest.mark.parametrize("tag", [f'"{SHA256}"', f'"{SHA256}-gzip"', '"other"', "", f"{SHA256}-br"])
def test_another_tag_gets_the_file(tag):
    assert Client().file(accept_encoding="br", if_none_match=tag).status == 200


@pytest.mark.parametrize(
    ("date", "status"),
    [
        ("Sat, 21 Nov 2026 05:42:10 GMT", 304),
        ("Sat, 21 Nov 2026 05:42:11 GMT", 304),
        ("Sat, 21 Nov 2026 05:42:09 GMT", 200),
        ("yesterday", 200),
        ("", 200),
        ("Sat, 21 Nov 99999 05:42:10 GMT", 200),
    ],
)
def test_a_date_counts_from_the_second_of_the_deployment_on(date, status):
    assert Client().file(if_modified_since=date).status == status


def test_a_date_counts_only_without_tags():
    reply = Client().file(if_none_match='"other"', if_modified_since="Sat, 21 Nov 2026 05:42:10 GMT")

    assert reply.status == 200


def test_head_is_answered_as_get():
    assert Client().file("HEAD") == Client().file()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "TRACE", "BREW"])
def test_another_method_is_refused_with_those_that_work(method):
    reply = Client().file(method)

    assert (reply.status, code_of(reply)) == (405, "method_not_allowed")
    assert reply.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_a_preflight_is_answered_for_everybody():
    asked = {"origin": "https://shop.example", "access_control_request_headers": "x-check"}

    reply = Client(FakeShelf({})).file("OPTIONS", **asked)

    assert (reply.status, reply.body) == (204, b"")
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert reply.headers["Access-Control-Allow-Headers"] == "x-check"
    assert reply.headers["Allow"] == "GET, HEAD, OPTIONS"


def test_no_answer_tells_an_unknown_key_from_one_without_a_file():
    shelf = FakeShelf({"without": replace(FACTS, live=None)})

    unknown, without = (Client(shelf).file(key=key) for key in ("unknown", "without"))

    assert (unknown.status, code_of(unknown)) == (404, "no_file")
    assert unknown == without


def test_a_cdn_may_forward_its_own_host():
    client = Client(host="www.some-cdn.example")

    assert client.file().status == 200


def test_on_a_clusters_host_another_clusters_key_has_no_file():
    shelf = FakeShelf({KEY: FACTS, "other": stranger("https://events.other.example")})

    assert Client(shelf, host="EVENTS.other.example:443").file().status == 404
    assert Client(shelf, host="events.other.example").file(key="other").status == 200
    assert Client(shelf).file(key="other").status == 404


def test_a_fetch_is_noted_also_when_nothing_had_changed():
    client = Client()

    client.file()
    client.file(if_none_match="*")
    client.file(key="unknown")

    assert client.shelf.fetches == [FACTS.key_id, FACTS.key_id]


def test_the_path_of_segments_snippet_gives_the_file_too():
    assert Client().get(f"/analytics.js/v1/{KEY}/analytics.min.js") == Client().file()


def test_a_build_by_its_hash_never_changes():
    reply = Client().get(f"/v1/pipelines/{KEY}/file/{SHA256}.js", accept_encoding="br")

    assert (reply.status, reply.body) == (200, CONTENT.brotli)
    assert reply.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert reply.headers["ETag"] == f'"{SHA256}-br"'
    assert "Last-Modified" not in reply.headers


def test_an_older_build_stays_at_its_hash():
    path = f"/v1/pipelines/{KEY}/file/{OLD_BUILD.sha256[:12]}.js"

    assert Client().get(path).body == OLD_SCRIPT


def test_a_build_stays_at_its_hash_when_its_owner_hosts_the_file_now():
    client = Client(FakeShelf({KEY: replace(FACTS, live=None)}))

    assert client.get(f"/v1/pipelines/{KEY}/file/{SHA256[:20]}.js").body == SCRIPT


@pytest.mark.parametrize("sha256", ["0" * 12, "0" * 64, SHA256[:11], SHA256.upper(), "latest"])
def test_a_hash_that_was_never_deployed_is_not_there(sha256):
    reply = Client().get(f"/v1/pipelines/{KEY}/file/{sha256}.js")

    assert (reply.status, code_of(reply)) == (404, "no_file")


def test_a_prefix_of_two_builds_is_nobodys():
    twin = replace(BUILD, sha256=SHA256[:12] + "f" * 52)
    client = Client(FakeShelf({KEY: replace(FACTS, deployed=(BUILD, twin))}))

    assert client.get(f"/v1/pipelines/{KEY}/file/{SHA256[:12]}.js").status == 404
    assert client.get(f"/v1/pipelines/{KEY}/file/{SHA256}.js").status == 200


def test_when_nothing_is_known_the_client_is_asked_to_come_back():
    reply = Client(FakeShelf(is_away=True)).file()

    assert (reply.status, code_of(reply)) == (503, "unavailable")
    assert reply.headers["Retry-After"] == "5"
