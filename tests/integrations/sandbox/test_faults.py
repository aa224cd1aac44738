"""Faults: each way a vendor can be told to fail, for how long, and how it is told."""

import socket
import threading
import time
from urllib.parse import urlsplit

import pytest
import requests

from .client import SandboxClient
from .test_adroll import HEADERS, event
from .test_adroll import URL as ADROLL
from .test_partner_flow import click, convert
from .test_partnerstack import CONVERSION_URL, KEYS, TOKEN

HOOK = "/sandbox.generic/hook"


def post(sandbox: SandboxClient, path: str = HOOK, **kwargs: object) -> requests.Response:
    return sandbox.post(path, json={"a": 1}, **kwargs)  # type: ignore[arg-type]


def raw_answer(sandbox: SandboxClient, path: str) -> bytes:
    """Every byte that comes back before the connection closes."""
    where = urlsplit(sandbox.origin)
    with socket.create_connection((where.hostname, where.port), timeout=5) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        return connection.recv(65536)


def test_status_with_retry_after_as_often_as_asked(sandbox: SandboxClient) -> None:
    sandbox.fail("adroll", "status", status=429, retry_after="3", times=2)

    answers = [sandbox.post(ADROLL, json=[event()], headers=HEADERS) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [429, 429, 200]
    assert [answer.headers.get("Retry-After") for answer in answers] == ["3", "3", None]
    first = sandbox.received("adroll")[0]
    assert (first["accepted"], first["fault"]) == (False, "answers 429 with Retry-After 3")


@pytest.mark.parametrize(("body", "text"), [({"code": 7}, '{"code": 7}'), ("out of order", "out of order")])
def test_status_with_a_body_of_choice(sandbox: SandboxClient, body: object, text: str) -> None:
    sandbox.fail("generic", "status", status=503, body=body)

    answer = post(sandbox)

    assert (answer.status_code, answer.text) == (503, text)


def test_a_fault_without_times_lasts_until_reset(sandbox: SandboxClient) -> None:
    sandbox.fail("generic", "status", status=500, times=None)
    failing = [post(sandbox).status_code for _ in range(3)]

    sandbox.post("/control/reset")

    assert (failing, post(sandbox).status_code) == ([500, 500, 500], 200)
    assert len(sandbox.received("generic")) == 4  # the history stays


def test_slow(sandbox: SandboxClient) -> None:
    sandbox.fail("generic", "slow", delay_ms=400, times=1)

    slow, fast = post(sandbox), post(sandbox)

    assert (slow.status_code, slow.elapsed.total_seconds() >= 0.4) == (200, True)
    assert fast.elapsed.total_seconds() < 0.4


def test_hang_never_answers(sandbox: SandboxClient) -> None:
    sandbox.fail("generic", "hang", hold_ms=60_000, times=1)

    with pytest.raises(requests.ReadTimeout):
        post(sandbox, timeout=0.5)

    assert post(sandbox).status_code == 200


def test_a_reset_lets_go_of_what_hangs(sandbox: SandboxClient) -> None:
    sandbox.fail("generic", "hang", hold_ms=60_000)
    threading.Timer(0.5, sandbox.reset).start()
    started = time.monotonic()

    assert raw_answer(sandbox, HOOK) == b""
    assert 0.4 < time.monotonic() - started < 5


def test_many_that_hang_do_not_close_the_control_endpoint(sandbox: SandboxClient) -> None:
    sandbox.fail("generic", "hang", hold_ms=60_000)
    callers = [threading.Thread(target=raw_answer, args=(sandbox, HOOK)) for _ in range(40)]
    for caller in callers:
        caller.start()

    healthy = requests.get(f"{sandbox.origin}/healthz", timeout=3)
    sandbox.reset()

    assert healthy.text == "ok"
    for caller in callers:
        caller.join(timeout=10)


def test_drop_closes_the_connection_without_a_byte(sandbox: SandboxClient) -> None:
    sandbox.fail("generic", "drop", times=2)

    assert raw_answer(sandbox, HOOK) == b""
    with pytest.raises(requests.ConnectionError):
        post(sandbox)
    dropped = sandbox.last("generic")
    assert (dropped["status"], dropped["accepted"]) == (None, False)


def test_a_dropped_answer_may_hide_a_conversion_that_counted(sandbox: SandboxClient) -> None:
    landed = click(sandbox)
    sandbox.fail("partnerstack", "drop", processed=True, times=1)

    with pytest.raises(requests.ConnectionError):
        convert(sandbox, "cust-1", landed)

    customer = sandbox.get("/api.partnerstack.com/api/v2/customers/cust-1", auth=KEYS)
    assert customer.json()["data"]["partner_key"] == "ada-reviews"


def test_partial_refuses_the_named_elements(sandbox: SandboxClient) -> None:
    sandbox.fail("generic", "partial", indexes=[0, 2])

    answer = sandbox.post(HOOK, json=[{"a": 1}, {"a": 2}, {"a": 3}])

    message = "The sandbox was told to refuse this element"
    errors = [{"index": 0, "message": message}, {"index": 2, "message": message}]
    assert (answer.status_code, answer.json()) == (200, {"accepted": 1, "rejected": 2, "errors": errors})
    assert sandbox.last("generic")["events"] == 1


def test_partial_in_a_shape_of_choice(sandbox: SandboxClient) -> None:
    sandbox.fail("generic", "partial", status=207, body={"failed": [1]})

    answer = sandbox.post(HOOK, json=[{"a": 1}, {"a": 2}])

    assert (answer.status_code, answer.json()) == (207, {"failed": [1]})


def test_malformed(sandbox: SandboxClient) -> None:
    sandbox.fail("generic", "malformed", times=1)

    answer = post(sandbox)

    assert (answer.status_code, answer.content) == (200, b'{"ok": tru')


def test_a_fault_may_be_narrowed_to_a_path(sandbox: SandboxClient) -> None:
    sandbox.fail("generic", "status", status=500, path="/sandbox.generic/ill")

    assert post(sandbox, "/sandbox.generic/ill/1").status_code == 500
    assert post(sandbox, "/sandbox.generic/well").status_code == 200
    assert (
        sandbox.post(CONVERSION_URL, json={"xid": "x", "customer_key": "c"}, headers=TOKEN).status_code == 200
    )


@pytest.mark.parametrize(
    ("query", "status", "retry_after"),
    [
        ("sandbox_fail=500", 500, None),
        ("sandbox_fail=429&sandbox_retry_after=7", 429, "7"),
        ("sandbox_fail=malformed", 200, None),
        ("sandbox_fail=nonsense", 400, None),
    ],
)
def test_a_url_may_ask_for_its_fault(
    sandbox: SandboxClient, query: str, status: int, retry_after: str | None
) -> None:
    answer = post(sandbox, f"{HOOK}?{query}")

    assert (answer.status_code, answer.headers.get("Retry-After")) == (status, retry_after)


WRONG_FAULTS = [
    ("no vendor", {"mode": "slow"}, "Name the vendor that is to fail"),
    ("no mode", {"vendor": "adroll"}, "mode must be one of status, slow, hang, drop, partial, malformed"),
    (
        "a wrong status",
        {"vendor": "a", "mode": "status", "status": 42},
        "status must be a whole number from 200 to 599",
    ),
    (
        "no times",
        {"vendor": "a", "mode": "drop", "times": 0},
        "times must be a whole number from 1 to 1000000",
    ),
    (
        "wrong indexes",
        {"vendor": "a", "mode": "partial", "indexes": ["x"]},
        "indexes must be a list of element numbers, counted from 0",
    ),
]


@pytest.mark.parametrize(("case", "asked", "error"), WRONG_FAULTS, ids=[case for case, *_ in WRONG_FAULTS])
def test_a_wrong_fault_is_refused(
    sandbox: SandboxClient, case: str, asked: dict[str, object], error: str
) -> None:
    answer = sandbox.post("/control", json=asked)

    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_faults_are_set_and_cleared_by_clicks(sandbox: SandboxClient) -> None:
    form = {
        "vendor": "audiohook",
        "mode": "status",
        "status": "503",
        "times": "",
        "retry_after": "",
        "indexes": "",
    }

    answer = sandbox.post("/control", data=form)

    assert (answer.status_code, answer.headers["Location"]) == (303, "/control")
    assert "<td>answers 503</td><td>until cleared</td>" in sandbox.get("/control").text
    assert "answers 503" in sandbox.get("/").text
    assert sandbox.post("/control/reset", data={"received": ""}).status_code == 303
    assert "None: every vendor answers as documented." in sandbox.get("/control").text


def test_curl_may_leave_its_form_content_type_on_json(sandbox: SandboxClient) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = sandbox.post("/control", data='{"vendor": "generic", "mode": "drop"}', headers=headers)

    assert answer.json() == {"fault": "generic closes the connection without an answer"}
