"""Guessing passwords: five failures for an address from one client lock it out for 15 minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from accounts.models import AuditEntry, User

PASSWORD = "correct horse battery"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def ann(db: None, settings: Any) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick
    cache.clear()  # allauth counts requests a minute there
    return User.objects.create_user("ann@shop.example", PASSWORD, is_staff=True)


def sign_in(password: str, email: str = "ann@shop.example", **headers: str) -> Any:
    headers.setdefault("REMOTE_ADDR", "203.0.113.9")
    return Client().post("/account/sign-in/", {"login": email, "password": password}, **headers)  # type: ignore[arg-type]


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_five_wrong_passwords_lock_out_and_the_page_says_what_to_do() -> None:
    answers = [sign_in("wrong") for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]
    assert (
        "There were 5 wrong passwords for this address. Wait 15 minutes, then try again."
        in answers[-1].content.decode()
    )


def test_the_right_password_is_refused_while_locked_out() -> None:
    for _ in range(5):
        sign_in("wrong")

    assert sign_in(PASSWORD).status_code == 429


def test_four_wrong_passwords_do_not_lock_out() -> None:
    for _ in range(4):
        sign_in("wrong")

    assert sign_in(PASSWORD).status_code == 302


def test_getting_in_forgets_the_failures() -> None:
    for _ in range(2):
        for _ in range(4):
            sign_in("wrong")
        assert sign_in(PASSWORD).status_code == 302


def test_it_is_over_after_15_minutes_even_when_it_is_tried_meanwhile() -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        for _ in range(5):
            sign_in("wrong")
        clock.move_to(NOON + timedelta(minutes=14, seconds=59))
        assert sign_in(PASSWORD).status_code == 429
        clock.move_to(NOON + timedelta(minutes=15, seconds=1))
        assert sign_in(PASSWORD).status_code == 302


def test_another_spelling_of_the_address_is_the_same_address() -> None:
    for email in ("ann@shop.example", "ANN@shop.example", "Ann@Shop.Example", "aNN@shop.example"):
        sign_in("wrong", email)

    assert sign_in("wrong").status_code == 429


def test_another_user_agent_is_the_same_client() -> None:
    answers = [sign_in("wrong", HTTP_USER_AGENT=f"agent {number}") for number in range(5)]

    assert answers[-1].status_code == 429


def test_another_client_and_another_address_are_not_locked_out() -> None:
    User.objects.create_user("bob@shop.example", PASSWORD, is_staff=True)
    for _ in range(5):
        sign_in("wrong")

    assert sign_in(PASSWORD, REMOTE_ADDR="198.51.100.7").status_code == 302
    assert sign_in(PASSWORD, "bob@shop.example").status_code == 302


def test_an_unknown_address_locks_out_just_the_same() -> None:
    answers = [sign_in("wrong", "nobody@shop.example") for _ in range(5)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429]


def test_a_forwarded_address_is_believed_from_a_trusted_proxy_only(settings: Any) -> None:
    for number in range(5):
        answer = sign_in("wrong", HTTP_X_FORWARDED_FOR=f"198.51.100.{number}")
    assert answer.status_code == 429

    settings.INGEST_TRUSTED_PROXIES = ["203.0.113.0/24"]
    assert sign_in(PASSWORD, HTTP_X_FORWARDED_FOR="198.51.100.77").status_code == 302
    assert AuditEntry.objects.latest("id").address == "198.51.100.77"


def test_the_lockout_is_told_once() -> None:
    for _ in range(7):
        sign_in("wrong")

    assert sorted(actions()) == ["lock_out:user"] + ["refuse_sign_in:user"] * 5


def test_passwords_are_not_kept_with_the_failures() -> None:
    from axes.models import AccessAttempt

    sign_in("my other password")

    assert "my other password" not in str(AccessAttempt.objects.values().get())


def test_a_flood_of_requests_gets_a_sentence() -> None:
    answers = [sign_in("wrong", f"nobody{number}@shop.example") for number in range(31)]

    assert answers[-1].status_code == 429
    assert "Wait a minute, then try again." in answers[-1].content.decode()
