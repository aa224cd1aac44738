"""The generic receiver, hosts the sandbox does not know, and the identity endpoint."""

import pytest

from .client import SandboxClient

URL = "/sandbox.generic/hooks/1"


def test_it_takes_a_json_object(sandbox: SandboxClient) -> None:
    answer = sandbox.post(URL, json={"event": "Order Completed"})

    assert (answer.status_code, answer.json()) == (200, {"success": True, "received": 1})
    assert sandbox.last("generic")["body"] == {"event": "Order Completed"}


@pytest.mark.parametrize(
    ("wanted", "status", "text"),
    [
        ('200 "{\\"code\\": 0}"', 200, '{"code": 0}'),
        ('202 "taken"', 202, "taken"),
        ("soon", 200, '{"success": true, "received": 1}'),
        ("200 no json", 200, '{"success": true, "received": 1}'),
    ],
)
def test_an_unknown_host_answers_as_the_sender_says_that_its_vendor_does(
    sandbox: SandboxClient, wanted: str, status: int, text: str
) -> None:
    answer = sandbox.post("/api.any.example/x", json={"a": 1}, headers={"X-Sandbox-Answer": wanted})

    assert (answer.status_code, answer.text) == (status, text)


def test_it_takes_a_batch(sandbox: SandboxClient) -> None:
    assert sandbox.post(URL, json=[{"a": 1}, {"a": 2}]).json() == {"success": True, "received": 2}


def test_it_takes_a_form(sandbox: SandboxClient) -> None:
    assert sandbox.post(URL, data={"event": "purchase"}).status_code == 200
    assert sandbox.last("generic")["body"] == "event=purchase"


def test_it_takes_a_pixel_of_exactly_the_longest_url(sandbox: SandboxClient) -> None:
    prefix = "https://sandbox.generic/p?v="
    longest = "x" * (2000 - len(prefix))

    right, wrong = (sandbox.get(f"/sandbox.generic/p?v={value}") for value in (longest, longest + "x"))

    assert (right.status_code, right.headers["Content-Type"]) == (200, "image/png")
    assert wrong.status_code == 414
    assert wrong.json() == {"errors": [{"message": "The URL has 2001 characters; 2000 are allowed"}]}


@pytest.mark.parametrize(
    ("case", "body"),
    [("text", "hello"), ("nothing", ""), ("empty object", "{}"), ("numbers", "[1]"), ("NaN", '{"a": NaN}')],
)
def test_it_refuses(sandbox: SandboxClient, case: str, body: str) -> None:
    assert sandbox.post(URL, data=body, headers={"Content-Type": "application/json"}).status_code == 400
    assert sandbox.last("generic")["accepted"] is False


def test_it_refuses_delete(sandbox: SandboxClient) -> None:
    assert sandbox.delete(URL).status_code == 405


def test_a_host_it_does_not_know_is_received_under_its_own_name(sandbox: SandboxClient) -> None:
    answer = sandbox.post("/graph.facebook.com/v21.0/1/events?access_token=t", json={"data": []})

    assert answer.status_code == 200
    assert sandbox.last("graph.facebook.com")["path"] == "/graph.facebook.com/v21.0/1/events"


PAGE = {"Origin": "https://shop.example"}


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_the_identity_endpoint_answers_a_page_of_another_origin(sandbox: SandboxClient, method: str) -> None:
    sent = {"params": {"anonymousId": "a1"}} if method == "GET" else {"json": {"anonymousId": "a1"}}

    answer = sandbox.request(method, "/sandbox.identity/id", headers=PAGE, **sent)

    assert answer.json() == {"id": "v-f55ff16f66f43360"}
    assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"


def test_the_identity_endpoint_remembers_by_cookie(sandbox: SandboxClient) -> None:
    first = sandbox.get("/sandbox.identity/id").json()["id"]

    assert sandbox.get("/sandbox.identity/id?anonymousId=other").json() == {"id": first}


def test_the_identity_endpoint_answers_a_preflight(sandbox: SandboxClient) -> None:
    answer = sandbox.options("/sandbox.identity/id", headers=PAGE)

    assert (answer.status_code, answer.headers["Access-Control-Allow-Headers"]) == (204, "Content-Type")


def test_identity_endpoints_go_wrong_in_each_way(sandbox: SandboxClient) -> None:
    def answer(name: str):  # type: ignore[no-untyped-def]
        return sandbox.get(f"/sandbox.identity/{name}", headers=PAGE)

    assert answer("slow?ms=300").elapsed.total_seconds() >= 0.3
    assert "Access-Control-Allow-Origin" not in answer("no-cors").headers
    assert (answer("redirect").status_code, answer("redirect").headers["Location"]) == (
        302,
        "/sandbox.identity/id",
    )
    assert answer("html").headers["Content-Type"] == "text/html; charset=utf-8"
    assert (answer("cookie-only").status_code, answer("cookie-only").content) == (204, b"")
    assert answer("cookie-only").headers["Set-Cookie"].startswith("sandbox_visitor=v-")
    assert answer("nothing").status_code == 404
