"""Single sign-on against a small provider with real HTTP: who gets in, who does not, and what is written."""

from __future__ import annotations

import base64
import hashlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.core.permissions import Role
from accounts.core.principal import system
from accounts.models import AuditEntry, Invitation, Member, Organization, User
from accounts.services.members import invite

PASSWORD = "correct horse battery"
CLIENT_ID, SECRET = "s2sadmin", "the client's secret"


@dataclass
class Provider:
    """An OIDC provider with one person, who always agrees."""

    origin: str = ""
    audience: str = CLIENT_ID
    person: dict[str, Any] = field(default_factory=dict)
    challenges: dict[str, str] = field(default_factory=dict)

    def authorize(self, address: str) -> dict[str, str]:
        """What the provider sends the browser back with."""
        asked = dict(parse_qsl(urlsplit(address).query))
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT_ID)
        assert asked["code_challenge_method"] == "S256"
        code = f"code-{len(self.challenges)}"
        self.challenges[code] = asked["code_challenge"]
        return {"code": code, "state": asked["state"]}

    def answer(self, path: str, form: dict[str, str]) -> dict[str, Any]:
        if path == "/.well-known/openid-configuration":
            paths = {"authorization_endpoint": "/authorize", "token_endpoint": "/token", "jwks_uri": "/keys"}
            return {
                "issuer": self.origin,
                "userinfo_endpoint": f"{self.origin}/userinfo",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                **{name: self.origin + path for name, path in paths.items()},
            }
        if path == "/token":
            return self.tokens(form)
        return self.person

    def tokens(self, form: dict[str, str]) -> dict[str, Any]:
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        assert form["client_secret"] == SECRET
        assert self.challenges.pop(form["code"]) == proof
        claims = {"iss": self.origin, "aud": self.audience, "iat": 0, "exp": 2**33, **self.person}
        id_token = jwt.encode(claims, "a key that allauth need not know of")
        return {"access_token": "a", "token_type": "Bearer", "id_token": id_token}


@pytest.fixture
def provider(settings: Any, db: None) -> Iterator[Provider]:
    provider = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            length = int(self.headers.get("content-length", 0))
            form = dict(parse_qsl(self.rfile.read(length).decode()))
            body = json.dumps(provider.answer(self.path, form)).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    provider.origin = f"http://127.0.0.1:{server.server_port}"
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "sso",
                    "name": "Acme sign-in",
                    "client_id": CLIENT_ID,
                    "secret": SECRET,
                    "settings": {"server_url": provider.origin},
                }
            ],
        }
    }
    cache.clear()
    yield provider
    server.shutdown()
    server.server_close()
    thread.join()


def sign_in(client: Client, provider: Provider, email: str, *, verified: Any = True, sub: str = "1") -> Any:
    """The whole way: our link, the provider, and back."""
    provider.person = {"sub": sub, "email": email, "email_verified": verified, "name": "Bob Shop"}
    away = client.get("/account/oidc/sso/login/")
    assert away["Location"].startswith(f"{provider.origin}/authorize?")
    return client.get("/account/oidc/sso/login/callback/", provider.authorize(away["Location"]))


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("admin:index")).status_code == 200


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def make_user(email: str = "bob@shop.example") -> User:
    return User.objects.create_user(email, PASSWORD, is_staff=True)


def test_the_sign_in_page_offers_it_by_name(provider: Provider, client: Client) -> None:
    page = client.get("/account/sign-in/").content.decode()

    assert "Sign in with Acme sign-in" in page
    assert 'href="/account/oidc/sso/login/?process=login"' in page


def test_the_sign_in_page_does_not_offer_what_is_not_set(db: None, client: Client) -> None:
    assert "oidc" not in client.get("/account/sign-in/").content.decode()
    assert client.get("/account/oidc/sso/login/").status_code == 404


def test_a_user_whose_address_the_provider_has_verified_is_signed_in(
    provider: Provider, client: Client
) -> None:
    make_user()

    answer = sign_in(client, provider, "Bob@Shop.example")

    assert answer["Location"] == "/admin/"
    assert is_signed_in(client)
    assert User.objects.count() == 1
    assert actions() == ["link:single_sign_on", "sign_in:user"]


def test_the_next_time_the_provider_s_id_counts_and_not_the_address(provider: Provider) -> None:
    make_user()
    sign_in(Client(), provider, "bob@shop.example", sub="1")
    client = Client()

    sign_in(client, provider, "robert@shop.example", sub="1")

    assert is_signed_in(client)
    assert User.objects.get().email == "bob@shop.example"


def test_a_password_that_somebody_may_have_set_for_the_address_ends(
    provider: Provider, client: Client
) -> None:
    """Else who knew it could wait in the account for its owner to join something."""
    make_user()
    attacker = Client()
    attacker.post("/account/sign-in/", {"login": "bob@shop.example", "password": PASSWORD})
    assert is_signed_in(attacker)

    sign_in(client, provider, "bob@shop.example")

    assert not User.objects.get().has_usable_password()
    assert not is_signed_in(attacker)
    assert is_signed_in(client)


@pytest.mark.parametrize("verified", [False, "false", None, 0, ""])
def test_an_address_that_is_not_verified_signs_in_nobody(
    provider: Provider, client: Client, verified: Any
) -> None:
    make_user()

    answer = sign_in(client, provider, "bob@shop.example", verified=verified)

    assert "You are not invited yet" in answer.content.decode()
    assert not is_signed_in(client)
    assert User.objects.get().has_usable_password()
    assert actions() == []


def test_verified_may_be_said_as_text(provider: Provider, client: Client) -> None:
    make_user()

    sign_in(client, provider, "bob@shop.example", verified="true")

    assert is_signed_in(client)


def test_a_stranger_does_not_get_an_account(provider: Provider, client: Client) -> None:
    answer = sign_in(client, provider, "eve@other.example")

    assert "You are not invited yet" in answer.content.decode()
    assert not is_signed_in(client)
    assert (User.objects.count(), AuditEntry.objects.count()) == (0, 0)


def test_an_invited_person_joins(provider: Provider, client: Client) -> None:
    organization = Organization.objects.create(name="Shop", slug="shop")
    invite(system("test"), organization, email="bob@shop.example", role=Role.INTEGRATION_MANAGER)

    sign_in(client, provider, "Bob@Shop.example")

    user = User.objects.get()
    assert is_signed_in(client)
    assert (user.email, user.is_staff, user.has_usable_password()) == ("bob@shop.example", True, False)
    assert Member.objects.get().role == "integration_manager"
    assert Invitation.objects.get().accepted_at is not None
    assert actions() == ["create:invitation", "create:member", "sign_in:user"]


def test_an_invited_address_that_is_not_verified_joins_nothing(provider: Provider, client: Client) -> None:
    organization = Organization.objects.create(name="Shop", slug="shop")
    invite(system("test"), organization, email="bob@shop.example", role=Role.ADMIN)

    sign_in(client, provider, "bob@shop.example", verified=False)

    assert not is_signed_in(client)
    assert not User.objects.exists()
    assert not Member.objects.exists()


def test_a_user_who_is_switched_off_does_not_get_in(provider: Provider, client: Client) -> None:
    make_user()
    User.objects.update(is_active=False)

    sign_in(client, provider, "bob@shop.example")

    assert not is_signed_in(client)
    assert "sign_in:user" not in actions()


def test_an_answer_that_was_not_asked_for_signs_in_nobody(provider: Provider, client: Client) -> None:
    make_user()
    provider.person = {"sub": "1", "email": "bob@shop.example", "email_verified": True}
    away = Client().get("/account/oidc/sso/login/")  # another browser's

    answer = client.get("/account/oidc/sso/login/callback/", provider.authorize(away["Location"]))

    assert "Single sign-on failed" in answer.content.decode()
    assert not is_signed_in(client)


def test_a_token_for_another_application_signs_in_nobody(provider: Provider, client: Client) -> None:
    make_user()
    provider.audience = "another application"

    answer = sign_in(client, provider, "bob@shop.example")

    assert "Single sign-on failed" in answer.content.decode()
    assert not is_signed_in(client)
    assert actions() == []


def test_whoever_is_signed_in_can_not_tie_another_account_to_theirs(
    provider: Provider, client: Client
) -> None:
    client.force_login(make_user())
    provider.person = {"sub": "9", "email": "eve@other.example", "email_verified": True}
    away = client.get("/account/oidc/sso/login/?process=connect")

    client.get("/account/oidc/sso/login/callback/", provider.authorize(away["Location"]))

    stranger = Client()
    sign_in(stranger, provider, "eve@other.example", sub="9")
    assert not is_signed_in(stranger)
    assert "link:single_sign_on" not in actions()


def test_it_asks_for_address_and_proof_and_comes_back_here(provider: Provider, client: Client) -> None:
    asked = parse_qs(urlsplit(client.get("/account/oidc/sso/login/")["Location"]).query)

    assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}
    assert asked["redirect_uri"] == ["http://testserver/account/oidc/sso/login/callback/"]
