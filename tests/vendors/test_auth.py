"""How requests prove themselves: access tokens, signatures, checksums, and their places in a preview."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from delivery.core.redaction import masked, masked_headers
from delivery.core.response import Failure, Response
from integrations.core.mapping import Rejection
from integrations.core.vendor import (
    BatchRequest,
    DefinitionError,
    Element,
    Mode,
    Refused,
    Vendor,
    compile_vendor,
)
from integrations.core.vendor.assertions import pem
from integrations.core.vendor.grants import Grant
from integrations.core.vendor.moment import Moment
from integrations.core.vendor.tokens import NoToken, Token, read_token
from integrations.management.commands.preview_vendor import preview_line
from tests.vendors.samples import NOW, event_of

SETTINGS: dict[str, object] = {
    "client_id": "client-1",
    "client_secret": "s3cr/et &more",
    "refresh_token": "refresh-1",
    "private_key": "",
}


def vendor_with(auth: object, **operation: Any) -> Vendor:
    """A small vendor whose one operation authenticates like this."""
    declared = {
        "method": "POST",
        "url": "https://api.example.com/v1",
        "fields": {"name": "$event"},
        "auth": auth,
    }
    document = {
        "slug": "acme",
        "name": "Acme",
        "about": "A vendor of tests.",
        "docs": [],
        "verified_on": "2026-11-26",
        "consent": {"classification": "analytics"},
        "questionnaire": dict.fromkeys(
            (
                "identifiers",
                "event_endpoint",
                "identity_endpoint",
                "consent_classification",
                "validation_method",
            ),
            "x",
        )
        | {"identifiers": ["user id"]},
        "settings": {
            name: {"type": "string", "label": name, "secret": name != "client_id"} for name in SETTINGS
        },
        "operations": {"event": {**declared, **operation}},
        "events": [{"rule": "any", "when": {"type": ["track"]}, "operation": "event"}],
        "fallback": "drop",
        "test_mode": {"supported": False},
        "examples": [],
    }
    return compile_vendor(document)


def moment(**more: Any) -> Moment:
    numbers: Iterator[int] = count(1)
    return Moment(now=NOW, new_nonce=lambda: f"nonce-{next(numbers)}", **more)


def sent(vendor: Vendor, settings: dict[str, object] = SETTINGS, **more: Any) -> BatchRequest:
    event = event_of(
        {"type": "track", "event": "Hello", "anonymousId": "a", "timestamp": "2024-01-15T10:30:00Z"}
    )
    element = vendor.render(event, settings, now=NOW, mode=Mode.LIVE)
    assert isinstance(element, Element)
    (request,) = vendor.requests([element], settings, mode=Mode.LIVE, **more)
    assert isinstance(request, BatchRequest), request
    return request


# --- OAuth 2.0 ----------------------------------------------------------------------------------------
REFRESH = {
    "oauth2": {
        "token_url": "https://id.example.com/token",
        "grant": "refresh_token",
        "client_id": "$settings.client_id",
        "client_secret": "$settings.client_secret",
        "refresh_token": "$settings.refresh_token",
    }
}


def grant_of(vendor: Vendor, settings: dict[str, object] = SETTINGS, mode: Mode = Mode.LIVE) -> Grant:
    grant = vendor.grant("event", settings, mode=mode, sandbox_url="http://127.0.0.1:9")
    assert grant is not None
    return grant


def fields_of(grant: Grant, **more: Any) -> dict[str, str]:
    return dict(parse_qsl(grant.request(moment(), **more).body.decode(), strict_parsing=True))


def test_a_refresh_token_is_exchanged_by_a_form() -> None:
    request = grant_of(vendor_with(REFRESH)).request(moment())

    assert (request.method, request.url) == ("POST", "https://id.example.com/token")
    assert request.body == (
        b"grant_type=refresh_token&client_id=client-1&client_secret=s3cr%2Fet+%26more&refresh_token=refresh-1"
    )
    assert dict(request.headers)["Content-Type"] == "application/x-www-form-urlencoded"


def test_a_refresh_token_that_the_vendor_gave_since_is_sent_instead() -> None:
    assert (
        fields_of(grant_of(vendor_with(REFRESH)), refresh_token="refresh-2")["refresh_token"] == "refresh-2"
    )


def test_a_clients_own_credentials_may_travel_in_basic() -> None:
    auth = {
        "oauth2": {
            "token_url": "https://id.example.com/token",
            "grant": "client_credentials",
            "client_id": "$settings.client_id",
            "client_secret": "$settings.client_secret",
            "send_client": "basic",
            "scope": "events",
            "parameters": {"audience": "ads"},
        }
    }

    grant = grant_of(vendor_with(auth))

    assert fields_of(grant) == {"grant_type": "client_credentials", "scope": "events", "audience": "ads"}
    basic = base64.b64encode(b"client-1:s3cr%2Fet+%26more").decode()
    assert dict(grant.request(moment()).headers)["Authorization"] == f"Basic {basic}"


def test_a_token_request_may_be_json() -> None:
    auth = {"oauth2": {**REFRESH["oauth2"], "format": "json"}}

    request = grant_of(vendor_with(auth)).request(moment())

    assert json.loads(request.body)["client_secret"] == "s3cr/et &more"
    assert dict(request.headers)["Content-Type"] == "application/json"


CLIENT_ASSERTION = {
    "oauth2": {
        "token_url": "https://id.example.com/token",
        "grant": "client_credentials",
        "scope": "dsp-api-access",
        "parameters": {"realm": "dsp"},
        "assertion": {
            "algorithm": "HS256",
            "key": "$settings.client_secret",
            "issuer": "$settings.client_id",
            "subject": "$settings.client_id",
            "audience": "https://id.example.com/token?realm=dsp",
        },
    }
}


def test_a_client_may_prove_itself_by_a_signed_assertion() -> None:
    fields = fields_of(grant_of(vendor_with(CLIENT_ASSERTION)))

    assert fields["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert fields["realm"] == "dsp"
    header, claims, signature = fields["client_assertion"].split(".")
    expected = hmac.new(b"s3cr/et &more", f"{header}.{claims}".encode(), "sha256").digest()
    assert base64.urlsafe_b64encode(expected).rstrip(b"=").decode() == signature
    issued_at = int(NOW.timestamp())
    assert json.loads(base64.urlsafe_b64decode(claims + "==")) == {
        "iss": "client-1",
        "sub": "client-1",
        "aud": "https://id.example.com/token?realm=dsp",
        "iat": issued_at,
        "exp": issued_at + 600,
        "jti": "nonce-1",
    }


def pem_of(key: Any) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SERVICE_ACCOUNT = {
    "oauth2": {
        "token_url": "https://oauth2.example.com/token",
        "grant": "jwt_bearer",
        "assertion": {
            "algorithm": "RS256",
            "key": "$settings.private_key",
            "key_id": "key-7",
            "issuer": "$settings.client_id",
            "audience": "https://oauth2.example.com/token",
            "claims": {"scope": "https://www.example.com/auth/events"},
            "lifetime_s": 3600,
        },
    }
}


@pytest.mark.parametrize(
    "written",
    [
        pem_of(RSA_KEY),
        pem_of(RSA_KEY).strip().replace("\n", "\\n"),
        pem_of(RSA_KEY).strip().replace("\n", " "),
        pem_of(RSA_KEY).replace("\n", ""),
    ],
    ids=["as it is", "out of JSON", "in one line", "lines lost"],
)
def test_a_service_account_signs_with_its_private_key_however_it_was_pasted(written: str) -> None:
    settings = {**SETTINGS, "private_key": written}

    fields = fields_of(grant_of(vendor_with(SERVICE_ACCOUNT), settings))

    assert set(fields) == {"grant_type", "assertion"}
    assert fields["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
    assert jwt.get_unverified_header(fields["assertion"])["kid"] == "key-7"
    claims = jwt.decode(
        fields["assertion"],
        RSA_KEY.public_key(),
        ["RS256"],
        audience="https://oauth2.example.com/token",
        options={"verify_exp": False, "verify_iat": False},
    )
    assert (claims["iss"], claims["scope"]) == ("client-1", "https://www.example.com/auth/events")
    assert claims["exp"] - claims["iat"] == 3600


def test_an_elliptic_key_signs_too() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    auth = {
        "oauth2": {
            **SERVICE_ACCOUNT["oauth2"],
            "assertion": {"algorithm": "ES256", "key": "$settings.private_key"},
        }
    }

    fields = fields_of(grant_of(vendor_with(auth), {**SETTINGS, "private_key": pem_of(key)}))

    assert jwt.decode(
        fields["assertion"], key.public_key(), ["ES256"], options={"verify_exp": False, "verify_iat": False}
    )


def test_a_text_that_is_no_key_is_a_sentence_about_the_setting() -> None:
    grant = grant_of(vendor_with(SERVICE_ACCOUNT), {**SETTINGS, "private_key": "no key at all"})

    with pytest.raises(Rejection) as refused:
        grant.request(moment())

    assert str(refused.value) == (
        "Acme can't sign with the setting private_key: it is no key for RS256. "
        "Paste the whole private key, BEGIN and END lines too."
    )


def test_a_missing_credential_is_named() -> None:
    with pytest.raises(Rejection, match=r"Acme needs the setting refresh_token to authenticate. Fill it in."):
        vendor_with(REFRESH).grant("event", {**SETTINGS, "refresh_token": ""}, mode=Mode.LIVE)


def test_the_same_credentials_are_one_grant_and_others_another() -> None:
    vendor = vendor_with(REFRESH)

    assert grant_of(vendor).key == grant_of(vendor_with(REFRESH)).key
    others = [{**SETTINGS, name: "another"} for name in ("client_id", "client_secret", "refresh_token")]
    assert len({grant_of(vendor, one).key for one in [SETTINGS, *others]}) == 4
    keys = {
        grant_of(vendor_with(SERVICE_ACCOUNT), {**SETTINGS, "private_key": key}).key for key in ("a", "b")
    }
    assert len(keys) == 2


def test_in_the_sandbox_the_token_comes_from_there_too() -> None:
    assert grant_of(vendor_with(REFRESH), mode=Mode.SANDBOX).url == "http://127.0.0.1:9/id.example.com/token"
    assert grant_of(vendor_with(REFRESH), mode=Mode.TEST).url == "http://127.0.0.1:9/id.example.com/token"


def test_a_request_carries_its_grants_token_and_masks_it() -> None:
    vendor = vendor_with(REFRESH)
    key = grant_of(vendor).key

    request = sent(vendor, moment=moment(tokens={key: "tok-123"}))

    assert dict(request.request.headers)["Authorization"] == "Bearer tok-123"
    assert request.grant == key
    assert "tok-123" not in str(masked_headers(request.request.headers, request.request.secrets))


def test_the_header_of_a_token_may_be_another() -> None:
    auth = {"oauth2": {**REFRESH["oauth2"], "header": "X-Token", "scheme": ""}}
    vendor = vendor_with(auth)

    request = sent(vendor, moment=moment(tokens={grant_of(vendor).key: "tok-123"}))

    assert dict(request.request.headers)["X-Token"] == "tok-123"


def test_a_preview_shows_a_place_for_the_token() -> None:
    assert dict(sent(vendor_with(REFRESH)).request.headers)["Authorization"] == "Bearer <access token>"
    shown = grant_of(vendor_with(CLIENT_ASSERTION)).request(None)
    assert shown.body.decode().endswith("&client_assertion=<signature>")


def test_preview_vendor_shows_the_token_request_too() -> None:
    event = {"type": "track", "event": "Hello", "anonymousId": "a"}
    line = json.dumps({"event": event, "settings": SETTINGS})

    shown: Any = preview_line(vendor_with(CLIENT_ASSERTION), line, now=lambda: NOW)

    assert shown["requests"][0]["headers"]["Authorization"] == "Bearer <access token>"
    assert shown["token_requests"][0]["url"] == "https://id.example.com/token"
    assert shown["token_requests"][0]["body"].endswith("&client_assertion=<signature>")


def test_no_secret_of_a_token_request_stays_unmasked() -> None:
    settings = {**SETTINGS, "private_key": pem_of(RSA_KEY)}
    for auth in (
        REFRESH,
        CLIENT_ASSERTION,
        SERVICE_ACCOUNT,
        {"oauth2": {**REFRESH["oauth2"], "send_client": "basic"}},
    ):
        request = grant_of(vendor_with(auth), settings).request(moment(), refresh_token="refresh-2")

        shown = masked(request.body.decode(), request.secrets) + str(
            masked_headers(request.headers, request.secrets)
        )

        for secret in ("s3cr", "refresh-1", "refresh-2", "eyJ", base64.b64encode(b"client-1:").decode()[:8]):
            assert secret not in shown


def answer(status: int, body: object) -> Token | NoToken:
    grant = grant_of(vendor_with(REFRESH))
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return read_token(grant, grant.request(moment()), Response(status=status, body=content), now=NOW)


def test_a_token_is_read_with_its_end_and_its_successor() -> None:
    found = answer(200, {"access_token": "tok", "expires_in": "1800", "refresh_token": "r-2"})

    assert isinstance(found, Token)
    assert (found.value, found.refresh_token) == ("tok", "r-2")
    assert found.expires_at == NOW + timedelta(minutes=30)


@pytest.mark.parametrize("said", [None, "soon", -1, 1e12])
def test_a_token_without_a_usable_end_lives_as_declared(said: object) -> None:
    found = answer(201, {"access_token": "tok", "expires_in": said})

    assert isinstance(found, Token)
    assert found.expires_at == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (
            400,
            {"error": "invalid_grant", "error_description": "refresh-1 was revoked"},
            "No access token of Acme: https://id.example.com/token answered 400 "
            "(invalid_grant: •••• was revoked). "
            "Check the credentials in the destination's settings.",
        ),
        (503, b"<html>", "No access token of Acme: https://id.example.com/token answered 503."),
        (
            200,
            {"token": "x"},
            "No access token of Acme: https://id.example.com/token answered 200. "
            "Its answer holds no access_token.",
        ),
        (
            200,
            {"access_token": "two\nlines"},
            "No access token of Acme: https://id.example.com/token answered 200. "
            "Its answer holds no access_token.",
        ),
    ],
)
def test_an_answer_without_a_token_is_a_sentence(status: int, body: object, reason: str) -> None:
    assert answer(status, body) == NoToken(reason=reason)


def test_no_answer_is_a_sentence_too() -> None:
    grant = grant_of(vendor_with(REFRESH))
    silent = Response(failure=Failure.TIMEOUT, detail="No answer in 10 s.")

    found = read_token(grant, grant.request(moment()), silent, now=NOW)

    assert found == NoToken(reason="No access token of Acme: No answer in 10 s.")


# --- Signatures ---------------------------------------------------------------------------------------
# The worked example of https://docs.x.com/resources/fundamentals/authentication/oauth-1-0a/creating-a-signature
X_SETTINGS: dict[str, object] = {
    "client_id": "xvz1evFS4wEEPTGEFPHBog",
    "client_secret": "kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
    "refresh_token": "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
    "private_key": "LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
}
OAUTH1 = {
    "oauth1": {
        "consumer_key": "$settings.client_id",
        "consumer_secret": "$settings.client_secret",
        "token": "$settings.refresh_token",
        "token_secret": "$settings.private_key",
    }
}


def oauth_parts(value: str) -> dict[str, str]:
    assert value.startswith("OAuth ")
    return dict(part.split("=", 1) for part in value.removeprefix("OAuth ").replace('"', "").split(", "))


def test_oauth_1_signs_as_the_published_example_does() -> None:
    vendor = vendor_with(
        OAUTH1,
        url="https://api.twitter.com/1.1/statuses/update.json",
        query={"include_entities": {"constant": "true"}},
        body="form",
        fields={"status": {"constant": "Hello Ladies + Gentlemen, a signed OAuth request!"}, "name": None},
    )
    at = Moment(
        now=datetime.fromtimestamp(1318622958, UTC),
        new_nonce=lambda: "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
    )

    request = sent(vendor, X_SETTINGS, moment=at).request

    assert oauth_parts(dict(request.headers)["Authorization"]) == {
        "oauth_consumer_key": "xvz1evFS4wEEPTGEFPHBog",
        "oauth_nonce": "kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg",
        "oauth_signature": "hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "1318622958",
        "oauth_token": "370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
        "oauth_version": "1.0",
    }
    assert "hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D" in request.secrets


def test_a_json_body_is_not_part_of_an_oauth_1_signature() -> None:
    value = dict(sent(vendor_with(OAUTH1), X_SETTINGS, moment=moment()).request.headers)["Authorization"]

    parts = oauth_parts(value)
    assert "oauth_body_hash" not in parts
    base = (
        "POST&https%3A%2F%2Fapi.example.com%2Fv1&"
        f"oauth_consumer_key%3D{X_SETTINGS['client_id']}%26oauth_nonce%3Dnonce-1%26"
        "oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D1705314660%26"
        f"oauth_token%3D{X_SETTINGS['refresh_token']}%26oauth_version%3D1.0"
    )
    key = f"{X_SETTINGS['client_secret']}&{X_SETTINGS['private_key']}"
    digest = hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()
    assert parts["oauth_signature"] == base64.b64encode(digest).decode().replace("+", "%2B").replace(
        "/", "%2F"
    ).replace("=", "%3D")


def test_a_preview_of_a_signed_request_shows_placeholders() -> None:
    value = dict(sent(vendor_with(OAUTH1), X_SETTINGS).request.headers)["Authorization"]

    parts = oauth_parts(value)
    assert (parts["oauth_nonce"], parts["oauth_timestamp"]) == ("<nonce>", "<time>")
    assert parts["oauth_signature"] == "<signature>"
    assert value.endswith('oauth_signature="<signature>"')


def test_a_checksum_is_the_last_parameter_of_the_address_it_covers() -> None:
    auth = {
        "checksum": {
            "algorithm": "md5",
            "secret": "$settings.client_secret",
            "over": ["secret", "url"],
            "prefix": "v04",
            "query": "checksum",
        }
    }

    request = sent(vendor_with(auth, method="GET", fields={"event": "$event"}), moment=moment()).request

    url, _, checksum = request.url.rpartition("&checksum=")
    assert url == "https://api.example.com/v1?event=Hello"
    assert checksum == "v04" + hashlib.md5(b"s3cr/et &more" + url.encode()).hexdigest()
    assert checksum in request.secrets


def test_a_checksum_may_sign_the_body_into_a_header() -> None:
    auth = {
        "checksum": {
            "algorithm": "hmac_sha256",
            "secret": "$settings.client_secret",
            "over": ["method", "path", "body"],
            "joined_by": "\n",
            "encoding": "base64",
            "header": "X-Signature",
        }
    }

    request = sent(vendor_with(auth), moment=moment()).request

    message = b'POST\n/v1\n{"name":"Hello"}'
    expected = base64.b64encode(hmac.new(b"s3cr/et &more", message, "sha256").digest()).decode()
    assert dict(request.headers)["X-Signature"] == expected


def test_a_signature_without_its_secret_refuses_the_event() -> None:
    vendor = vendor_with(OAUTH1)
    event = event_of({"type": "track", "event": "Hello", "anonymousId": "a"})
    element = vendor.render(event, {}, now=NOW, mode=Mode.LIVE)
    assert isinstance(element, Element)

    (refused,) = vendor.requests([element], {}, mode=Mode.LIVE)

    assert isinstance(refused, Refused)
    assert refused.reason == "Acme needs the setting client_id to authenticate. Fill it in."


# --- Plain forms --------------------------------------------------------------------------------------
def test_a_key_may_stand_in_a_header_without_a_scheme_word_and_a_password_may_be_empty() -> None:
    raw = sent(vendor_with({"header": "Authorization", "value": "$settings.client_secret"}))
    basic = sent(vendor_with({"basic": {"user": "$settings.client_id", "password": ""}}))

    assert dict(raw.request.headers)["Authorization"] == "s3cr/et &more"
    assert dict(basic.request.headers)["Authorization"] == f"Basic {base64.b64encode(b'client-1:').decode()}"


@pytest.mark.parametrize(
    ("auth", "message"),
    [
        (
            {
                "oauth2": {
                    "token_url": "http://id.example.com",
                    "grant": "refresh_token",
                    "refresh_token": "x",
                }
            },
            "https",
        ),
        (
            {"oauth2": {"token_url": "https://id.example.com/", "grant": "refresh_token"}},
            "`refresh_token` is missing",
        ),
        (
            {"oauth2": {"token_url": "https://id.example.com/", "grant": "jwt_bearer"}},
            "`assertion` is missing",
        ),
        (
            {"oauth2": {"token_url": "https://id.example.com/", "grant": "client_credentials"}},
            "proves itself",
        ),
        (
            {"oauth2": {"token_url": "https://id.example.com/", "grant": "password"}},
            "`password` is not known",
        ),
        ({"oauth1": {"consumer_key": "a", "consumer_secret": "b", "token": "c"}}, "belong together"),
        (
            {"checksum": {"algorithm": "md5", "secret": "s", "over": ["url"], "query": "c"}},
            "must be among the parts",
        ),
        ({"checksum": {"algorithm": "md5", "secret": "s", "over": ["secret"]}}, "either `header` or `query`"),
        ({"bearer": "a", "query": "b", "value": "c"}, "one of header, bearer"),
    ],
)
def test_ways_that_are_refused(auth: object, message: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        vendor_with(auth)

    assert message in str(caught.value)


def test_text_that_is_no_pem_stays_as_it_is() -> None:
    assert pem("hello") == "hello"
