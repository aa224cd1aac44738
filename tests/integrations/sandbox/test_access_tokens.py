"""The token endpoint that stands at every host, and the vendor that takes batches with its tokens."""

import jwt
import pytest

from .client import SandboxClient

TOKEN, EVENTS, ATOMIC = "/id.any.example/v1/token", "/sandbox.batch/events", "/sandbox.batch/atomic"
BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
KEY = "k" * 32


def signed(**claims: object) -> str:
    return jwt.encode({"iss": "a", "aud": "b", "exp": 1} | claims, KEY, algorithm="HS256")


def token_of(sandbox: SandboxClient) -> dict[str, str]:
    answer = sandbox.post(TOKEN, data={"grant_type": "refresh_token", "refresh_token": "r"}).json()
    return {"Authorization": f"Bearer {answer['access_token']}"}


@pytest.mark.parametrize(
    "fields",
    [
        {"grant_type": "refresh_token", "refresh_token": "r"},
        {"grant_type": "client_credentials", "client_id": "a", "client_secret": "b"},
        {
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": signed(),
        },
        {"grant_type": BEARER, "assertion": signed()},
    ],
)
def test_each_grant_gives_a_token(sandbox: SandboxClient, fields: dict[str, str]) -> None:
    for asked in (sandbox.post(TOKEN, data=fields), sandbox.post(TOKEN, json=fields)):
        answer = asked.json()
        assert (asked.status_code, answer["token_type"], answer["expires_in"]) == (200, "Bearer", 3600)
        assert answer["access_token"].startswith("sandbox-access-token-")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": "refresh_token"}, "invalid_request"),
        ({"grant_type": "client_credentials", "client_id": "a"}, "invalid_request"),
        ({"grant_type": BEARER, "assertion": "a.b"}, "invalid_request"),
        ({"grant_type": BEARER, "assertion": "a.b.c"}, "invalid_request"),
        ({"grant_type": BEARER, "assertion": jwt.encode({"iss": "a"}, KEY)}, "invalid_request"),
        ({"grant_type": "client_credentials", "client_assertion": signed()}, "invalid_request"),
    ],
)
def test_a_wrong_grant_is_refused_as_the_standard_says(
    sandbox: SandboxClient, fields: dict[str, str], error: str
) -> None:
    answer = sandbox.post(TOKEN, data=fields)

    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_no_secret_of_a_token_request_is_shown(sandbox: SandboxClient) -> None:
    sandbox.post(
        TOKEN, data={"grant_type": "refresh_token", "refresh_token": "very-secret", "client_id": "c"}
    )

    shown = sandbox.last("id.any.example")
    assert shown["body"] == "grant_type=refresh_token&refresh_token=****&client_id=c"


def test_refused_events_are_named_and_the_others_taken(sandbox: SandboxClient) -> None:
    answer = sandbox.post(EVENTS, json={"events": [{}, {"refuse": "no id"}]}, headers=token_of(sandbox))

    assert (answer.status_code, answer.json()) == (
        200,
        {"receipt": "sandbox-1-taken", "errors": [{"index": 1, "reason": "no id"}]},
    )


def test_an_atomic_batch_is_refused_for_one(sandbox: SandboxClient) -> None:
    bearer = token_of(sandbox)

    assert sandbox.post(ATOMIC, json={"events": [{}, {"refuse": "x"}]}, headers=bearer).status_code == 400
    assert sandbox.post(ATOMIC, json={"events": [{}]}, headers=bearer).status_code == 200


def test_tokens_end_with_a_reset(sandbox: SandboxClient) -> None:
    bearer = token_of(sandbox)
    sandbox.reset()

    for headers in (bearer, {}, {"Authorization": "Bearer never-given"}):
        answer = sandbox.post(EVENTS, json={"events": [{}]}, headers=headers)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")
        assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
