"""The access tokens that the sandbox gave, and how it is asked for one (RFC 6749)."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import replace
from threading import Lock
from urllib.parse import urlencode

from .verdict import Verdict, accept
from .web import Request, Response, UnreadableBody, json_response

LIFETIME_S = 3_600
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
CLIENT_ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
SECRET_FIELDS = ("client_secret", "refresh_token", "client_assertion", "assertion")


class AccessTokens:
    """Tokens that are taken until the next reset; then each is refused as one that has ended."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._given: set[str] = set()
        self._count = 0

    def give(self) -> str:
        with self._lock:
            self._count += 1
            token = f"sandbox-access-token-{self._count}"
            self._given.add(token)
        return token

    def takes(self, token: str) -> bool:
        with self._lock:
            return token in self._given

    def clear(self) -> None:
        with self._lock:
            self._given.clear()


def is_token_request(request: Request) -> bool:
    """Any vendor's token endpoint is asked by a POST that names its grant."""
    return request.method == "POST" and "grant_type" in _fields(request)


def judge_token_request(request: Request, *, tokens: AccessTokens) -> Verdict:
    fields = _fields(request)
    match fields.get("grant_type"):
        case "refresh_token":
            problem = "" if fields.get("refresh_token") else "refresh_token is missing"
        case "client_credentials":
            problem = _client_problem(request, fields)
        case granted if granted == JWT_BEARER:
            problem = _assertion_problem(fields.get("assertion", ""))
        case _:
            return _refused("unsupported_grant_type", "This grant is not known")
    if problem:
        return _refused("invalid_request", problem)
    answer = {"access_token": tokens.give(), "token_type": "Bearer", "expires_in": LIFETIME_S}
    return accept(json_response(answer), events=0, remark="An access token was given")


def without_secrets(request: Request) -> Request:
    """The request as it may be shown."""
    fields = {name: "****" if name in SECRET_FIELDS else value for name, value in _fields(request).items()}
    return replace(request, raw_body=urlencode(fields, safe="*:/").encode())


def _fields(request: Request) -> Mapping[str, str]:
    if request.media_type != "application/json":
        return request.form
    try:
        body = request.json()
    except UnreadableBody:
        return {}
    return {name: str(value) for name, value in body.items()} if isinstance(body, dict) else {}


def _client_problem(request: Request, fields: Mapping[str, str]) -> str:
    if "client_assertion" in fields:
        if fields.get("client_assertion_type") != CLIENT_ASSERTION:
            return f"client_assertion_type must be {CLIENT_ASSERTION}"
        return _assertion_problem(fields["client_assertion"])
    has_basic = request.headers.get("Authorization", "").startswith("Basic ")
    has_both = fields.get("client_id") and fields.get("client_secret")
    return "" if has_basic or has_both else "The client does not prove itself"


def _assertion_problem(assertion: str) -> str:
    """What is wrong with a JWT's claims. Its signature can't be checked here: the key is the vendor's."""
    parts = assertion.split(".")
    if len(parts) != 3 or not parts[2]:
        return "The assertion is no signed JWT"
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except (binascii.Error, ValueError):
        return "The assertion's claims are no JSON"
    missing = [name for name in ("iss", "aud", "exp") if not isinstance(claims, dict) or name not in claims]
    return f"The assertion lacks {', '.join(missing)}" if missing else ""


def _refused(code: str, description: str) -> Verdict:
    answer = json_response({"error": code, "error_description": description}, 400)
    return Verdict(response=answer, accepted=False, errors=(description,))


def unauthorized() -> Response:
    """The answer to a token that was never given, or not since the last reset."""
    answer = json_response(
        {"error": "invalid_token", "error_description": "The access token is not known"}, 401
    )
    return answer.with_headers(("WWW-Authenticate", 'Bearer error="invalid_token"'))
