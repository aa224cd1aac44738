"""Secure defaults: what production settings are, and which headers every page carries."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from accounts.models import User
from integrations.ingest.routes import ROUTES

ROOT = Path(__file__).resolve().parent.parent.parent
STRICT = {
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
}
RELAXED = STRICT - {"script-src 'self'", "style-src 'self'"} | {
    "script-src 'self' 'unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
}


def manage(*words: str, tmp_path: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """manage.py with these settings alone, made of a fresh installation's keys."""
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    command = [sys.executable, "-W", "error", str(ROOT / "manage.py"), *words]
    env = clean | {"DATA_DIR": str(tmp_path), "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none"} | env
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)


def settings_of(tmp_path: Path, **env: str) -> dict[str, Any]:
    names = [
        "SECURE_SSL_REDIRECT",
        "SESSION_COOKIE_SECURE",
        "CSRF_COOKIE_SECURE",
        "SECURE_HSTS_SECONDS",
        "SECURE_PROXY_SSL_HEADER",
        "CSRF_TRUSTED_ORIGINS",
        "ALLOWED_HOSTS",
        "EMAIL_BACKEND",
        "MAIL_IS_DELIVERED",
    ]
    values = f"[getattr(settings, name) for name in {names}]"
    script = f"import json; from django.conf import settings; print(json.dumps({values}))"
    done = manage("shell", "-v", "0", "-c", script, tmp_path=tmp_path, **env)
    assert done.returncode == 0, done.stderr
    return dict(zip(names, json.loads(done.stdout), strict=True))


def policy(answer: Any) -> set[str]:
    return {part.strip() for part in answer["Content-Security-Policy"].split(";")}


# --- Production settings ------------------------------------------------------------------------------
def test_django_finds_nothing_to_warn_of_in_production(tmp_path: Path) -> None:
    words = ("check", "--deploy", "--fail-level", "DEBUG")

    set_by_the_operator = {"PUBLIC_URL": "https://s2s.example.com", "EGRESS_ADDRESSES": "198.51.100.7"}
    done = manage(*words, tmp_path=tmp_path, **set_by_the_operator)

    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        "System check identified no issues (0 silenced).\n",
        "",
    )


def test_https_in_public_url_makes_a_production_installation(tmp_path: Path) -> None:
    env = {
        "PUBLIC_URL": "https://s2s.example.com",
        "TLS_PROXY_HEADER": "X-Forwarded-Proto",
        "EMAIL_URL": "smtp+tls://user:secret@mail.example.com:587",
    }

    found = settings_of(tmp_path, **env)

    assert found == {
        "SECURE_SSL_REDIRECT": True,
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SECURE_HSTS_SECONDS": 31536000,
        "SECURE_PROXY_SSL_HEADER": ["HTTP_X_FORWARDED_PROTO", "https"],
        "CSRF_TRUSTED_ORIGINS": ["https://s2s.example.com"],
        "ALLOWED_HOSTS": ["127.0.0.1", "localhost", "[::1]", "testserver", "s2s.example.com"],
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "MAIL_IS_DELIVERED": True,
    }


def test_the_demo_runs_on_plain_http(tmp_path: Path) -> None:
    found = settings_of(tmp_path, PUBLIC_URL="http://127.0.0.1:8123")

    assert found == {
        "SECURE_SSL_REDIRECT": False,
        "SESSION_COOKIE_SECURE": False,
        "CSRF_COOKIE_SECURE": False,
        "SECURE_HSTS_SECONDS": 0,
        "SECURE_PROXY_SSL_HEADER": None,
        "CSRF_TRUSTED_ORIGINS": ["http://127.0.0.1:8123"],
        "ALLOWED_HOSTS": ["127.0.0.1", "localhost", "[::1]", "testserver", "127.0.0.1"],
        "EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend",
        "MAIL_IS_DELIVERED": False,
    }


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({"PUBLIC_URL": "s2s.example.com"}, "PUBLIC_URL must be a URL such as https://events.example.com"),
        ({"RETENTION_DAYS": "-1"}, "RETENTION_DAYS must be at least 1, not -1."),
        ({"OIDC_ISSUER": "https://id.example.com"}, "OIDC_CLIENT_ID is empty, and OIDC_ISSUER is set"),
    ],
)
def test_a_bad_value_stops_the_start_with_its_name(
    tmp_path: Path, env: dict[str, str], sentence: str
) -> None:
    done = manage("check", tmp_path=tmp_path, **env)

    assert done.returncode != 0
    assert sentence in done.stderr


def test_pages_are_sent_to_https_and_senders_and_probes_are_not(settings: Any, db: None) -> None:
    settings.SECURE_SSL_REDIRECT = True
    client = Client()

    assert client.get("/admin/")["Location"] == "https://testserver/admin/"
    assert client.get("/api/v1/pipelines")["Location"] == "https://testserver/api/v1/pipelines"
    paths = ["/healthz", *ROUTES, *(f"{path}/" for path in ROUTES)]
    assert [path for path in paths if client.post(path).status_code == 301] == []


# --- Headers ------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "path", ["/account/sign-in/", "/account/password/reset/", "/join/x", "/nowhere", "/"]
)
def test_pages_outside_the_admin_have_the_strict_policy(db: None, client: Client, path: str) -> None:
    assert policy(client.get(path)) == STRICT


def test_the_admin_has_what_unfold_needs_and_no_inline_scripts(db: None, client: Client) -> None:
    client.force_login(User.objects.create_superuser("root@here.example"))

    answer = client.get(reverse("admin:index"))

    assert answer.status_code == 200
    assert policy(answer) == RELAXED


@pytest.mark.parametrize("path", ["/account/sign-in/", "/admin/", "/join/x"])
def test_every_page_refuses_frames_sniffing_and_leaking_referrers(
    db: None, client: Client, path: str
) -> None:
    answer = client.get(path)

    assert answer["X-Frame-Options"] == "DENY"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


def test_forms_need_their_token(db: None) -> None:
    client = Client(enforce_csrf_checks=True)

    assert client.post("/account/sign-in/", {"login": "a@b.example", "password": "x"}).status_code == 403


@pytest.mark.parametrize("days", ["0", "-1", "99999999"])
def test_an_operators_token_ends_in_time_to_come(days: str) -> None:
    with pytest.raises(CommandError, match="invalid whole_days value"):
        call_command("issue_token", "shop", "--scopes", "all", "--days", days)
