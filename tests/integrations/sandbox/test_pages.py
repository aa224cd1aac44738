"""What the sandbox shows: the list of what was received, pages for people, and the demo shop."""

import pytest

from .client import SandboxClient
from .test_adroll import HEADERS, event
from .test_adroll import URL as ADROLL

HOOK = "/sandbox.generic/hook"


def test_received_shows_a_request_whole(sandbox: SandboxClient) -> None:
    sandbox.post(
        f"{HOOK}?a=1&b=", json={"x": 1}, headers={"Authorization": "Bearer abcdefghijkl", "Cookie": "s=1"}
    )

    request = sandbox.last("generic")

    assert request["headers"]["Authorization"] == "Bearer ****ijkl"
    assert request["headers"]["Cookie"] == "****"
    assert request["headers"]["Content-Type"] == "application/json"
    assert isinstance(request["number"], int)
    assert request["at"].endswith("Z")
    shown = {
        name: request[name]
        for name in ("vendor", "method", "path", "query", "body", "status", "accepted", "errors")
    }
    assert shown == {
        "vendor": "generic",
        "method": "POST",
        "path": HOOK,
        "query": {"a": "1", "b": ""},
        "body": {"x": 1},
        "status": 200,
        "accepted": True,
        "errors": [],
    }


def test_received_never_holds_a_whole_secret(sandbox: SandboxClient) -> None:
    sandbox.post(ADROLL, json=[event()], headers=HEADERS)
    number = sandbox.last("adroll")["number"]

    for path in ("/received", f"/requests/{number}", "/"):
        assert "secret-access-token" not in sandbox.get(path).text
    assert "Token ****oken" in sandbox.get(f"/requests/{number}").text


def test_received_is_narrowed_by_outcome_number_and_limit(sandbox: SandboxClient) -> None:
    for body in ("{", '{"n": 1}', '{"n": 2}'):
        sandbox.post(HOOK, data=body)
    first, second, third = sandbox.received("generic")

    assert sandbox.received("generic", accepted="false") == [first]
    assert sandbox.received("generic", accepted="true") == [second, third]
    assert sandbox.received("generic", since=second["number"]) == [third]
    limited = sandbox.get("/received", params={"limit": 1}).json()
    assert (limited["count"], limited["requests"]) == (3, [third])


def test_received_without_a_vendor_lists_all_newest_last(sandbox: SandboxClient) -> None:
    sandbox.post(HOOK, json={"a": 1})
    sandbox.post(ADROLL, json=[event()], headers=HEADERS)

    answer = sandbox.get("/received").json()

    assert (answer["vendor"], answer["count"]) == (None, 2)
    assert [request["vendor"] for request in answer["requests"]] == ["generic", "adroll"]


def test_the_process_environment_is_no_header(sandbox: SandboxClient) -> None:
    sandbox.post(HOOK, json={"a": 1})

    assert set(sandbox.last("generic")["headers"]) == {
        "Accept",
        "Accept-Encoding",
        "Connection",
        "Content-Length",
        "Content-Type",
        "Host",
        "User-Agent",
    }


@pytest.mark.parametrize(
    "path", ["/", "/control", "/partnerstack", "/partnerstack/tokens", "/shop", "/shop/cart"]
)
def test_pages_load_nothing_from_elsewhere(sandbox: SandboxClient, path: str) -> None:
    answer = sandbox.get(path)

    assert answer.status_code == 200
    assert 'src="http' not in answer.text
    assert 'href="http' not in answer.text


def test_what_a_request_says_is_escaped_on_pages(sandbox: SandboxClient) -> None:
    sandbox.post(f"{HOOK}/<script>x", json={"a": "<script>y"})
    number = sandbox.last("generic")["number"]

    for path in ("/", f"/requests/{number}"):
        assert "<script>" not in sandbox.get(path).text


def test_the_overview_says_why_a_request_was_refused(sandbox: SandboxClient) -> None:
    sandbox.post(ADROLL, json=[event(ip="x")], headers=HEADERS)

    assert "Element 0: ip must be an IP address" in sandbox.get("/?vendor=adroll").text
    assert 'http-equiv="refresh" content="5"' in sandbox.get("/").text


def test_it_is_healthy(sandbox: SandboxClient) -> None:
    assert (sandbox.get("/healthz").status_code, sandbox.get("/healthz").text) == (200, "ok")


@pytest.mark.parametrize(
    "path", ["/nothing", "/nothing/here", "/shop/wsgi.py", "/assets/..%2fwsgi.py", "/requests/0"]
)
def test_what_is_not_there_is_not_found(sandbox: SandboxClient, path: str) -> None:
    assert sandbox.get(path).status_code == 404


def test_the_shop_pastes_the_snippet_that_it_was_given(sandbox: SandboxClient) -> None:
    head = sandbox.get("/shop").text.partition("</head>")[0]

    assert "window.analytics=window.analytics||[]" in head
    assert '<script async src="data:text/javascript;base64,' in head
    assert "No tracking file is connected" not in sandbox.get("/shop").text


def test_the_shop_sells_what_it_shows(sandbox: SandboxClient) -> None:
    assert "Harbour Teapot" in sandbox.get("/shop/product/kf-101").text
    assert sandbox.get("/shop/product/none").status_code == 404
