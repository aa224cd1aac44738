"""Signing in and out with a password, sessions, and what the audit log says of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import NoReverseMatch, reverse

from accounts.core.principal import system
from accounts.models import AuditEntry, Member, Organization, User
from accounts.services.access import principal_of
from accounts.services.tokens import issue_token
from accounts.services.users import change_user

PASSWORD = "correct horse battery"
NEXT = "another horse battery"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def ann(db: None, settings: Any) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick
    cache.clear()  # allauth counts requests a minute there
    user = User.objects.create_user("ann@shop.example", PASSWORD, is_staff=True)
    organization = Organization.objects.create(name="Shop", slug="shop")
    Member.objects.create(organization=organization, user=user, role="admin")
    return user


def sign_in(client: Client, password: str = PASSWORD, email: str = "ann@shop.example", **more: str) -> Any:
    return client.post("/account/sign-in/", {"login": email, "password": password, **more})


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("admin:index")).status_code == 200


def told() -> list[tuple[str, str, str]]:
    return list(AuditEntry.objects.order_by("id").values_list("action", "actor", "target"))


def test_the_admin_sends_to_the_sign_in_page_and_back(ann: User, client: Client) -> None:
    first = client.get("/admin/", follow=True)
    answer = sign_in(client, next="/admin/accounts/member/")

    assert first.redirect_chain[-1][0].startswith("/account/sign-in/?next=")
    assert answer["Location"] == "/admin/accounts/member/"
    assert is_signed_in(client)


def test_the_admins_own_login_takes_no_password(ann: User, client: Client) -> None:
    answer = client.post("/admin/login/", {"username": "ann@shop.example", "password": PASSWORD})

    assert answer["Location"].startswith("/account/sign-in/")
    assert not is_signed_in(client)


def test_an_address_signs_in_whatever_its_case(ann: User, client: Client) -> None:
    assert sign_in(client, email="ANN@Shop.example").status_code == 302


@pytest.mark.parametrize("email", ["ann@shop.example", "nobody@shop.example"])
def test_a_wrong_password_and_an_unknown_address_read_the_same(ann: User, client: Client, email: str) -> None:
    answer = sign_in(client, "wrong", email)

    assert answer.status_code == 200
    assert "No account has this e-mail address and password. Check both." in answer.content.decode()
    assert not is_signed_in(client)


def test_a_user_who_is_switched_off_does_not_get_in(ann: User, client: Client) -> None:
    User.objects.update(is_active=False)

    answer = sign_in(client)

    assert answer["Location"] == "/account/inactive/"
    assert not is_signed_in(client)


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_signing_in_leads_to_no_other_site(ann: User, client: Client, target: str) -> None:
    assert sign_in(client, next=target)["Location"] == "/admin/"


@pytest.mark.parametrize("name", ["account_signup", "account_email", "socialaccount_signup"])
def test_there_is_no_page_to_sign_up(name: str) -> None:
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_the_session_gets_another_key_when_somebody_signs_in(ann: User, client: Client) -> None:
    client.get("/account/sign-in/")
    session = client.session
    session["left"] = "by an attacker"
    session.save()
    before = session.session_key
    client.cookies["sessionid"] = before

    sign_in(client)

    assert client.cookies["sessionid"].value not in ("", before)


def test_the_session_cookie_is_not_for_scripts_or_other_sites(ann: User, client: Client) -> None:
    sign_in(client)

    cookie = client.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 43200)


def test_a_session_ends_when_nobody_uses_it(ann: User, client: Client) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        sign_in(client)
        clock.move_to(NOON + timedelta(hours=11))
        assert is_signed_in(client)
        clock.move_to(NOON + timedelta(hours=22))
        assert is_signed_in(client)
        clock.move_to(NOON + timedelta(hours=34, seconds=1))
        assert not is_signed_in(client)


def test_a_session_ends_after_7_days_however_much_it_is_used(ann: User, client: Client) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        sign_in(client)
        for hours in range(0, 7 * 24 + 1, 8):
            clock.move_to(NOON + timedelta(hours=hours))
            assert is_signed_in(client)
        clock.move_to(NOON + timedelta(days=7, seconds=1))
        assert not is_signed_in(client)


def test_signing_in_and_out_is_told_to_the_organization(ann: User, client: Client) -> None:
    sign_in(client)
    client.post("/account/sign-out/")

    assert told() == [
        ("sign_in:user", "ann@shop.example", "ann@shop.example"),
        ("sign_out:user", "ann@shop.example", "ann@shop.example"),
    ]
    assert set(AuditEntry.objects.values_list("organization_id", "address")) == {
        (Organization.objects.get().id, "127.0.0.1")
    }


def test_the_admins_sign_out_is_told_too(ann: User, client: Client) -> None:
    sign_in(client)
    client.post(reverse("admin:logout"))

    assert told()[-1][0] == "sign_out:user"
    assert not is_signed_in(client)


def test_a_failed_sign_in_is_told_and_proves_nobody(ann: User, client: Client) -> None:
    sign_in(client, "wrong")
    sign_in(client, "wrong", "nobody@shop.example")

    entries = AuditEntry.objects.order_by("id").values_list("action", "actor", "actor_id", "organization_id")
    assert list(entries) == [
        ("refuse_sign_in:user", "ann@shop.example", "", Organization.objects.get().id),
        ("refuse_sign_in:user", "nobody@shop.example", "", None),
    ]
    assert "wrong" not in str(list(AuditEntry.objects.values()))


def test_a_password_is_changed_and_other_sessions_end(ann: User, client: Client) -> None:
    elsewhere = Client()
    sign_in(client)
    sign_in(elsewhere)

    client.post("/account/password/", {"oldpassword": PASSWORD, "password1": NEXT, "password2": NEXT})

    assert User.objects.get().check_password(NEXT)
    assert is_signed_in(client)
    assert not is_signed_in(elsewhere)
    assert told()[-1][0] == "change:password"


def test_a_changed_password_ends_no_personal_token_and_its_page_says_so(ann: User, client: Client) -> None:
    sign_in(client)
    place = Organization.objects.get()
    _, text = issue_token(principal_of(ann), place, name="CI", scopes=["read:member"], user=ann)

    said = client.get("/account/password/").content.decode()
    client.post("/account/password/", {"oldpassword": PASSWORD, "password1": NEXT, "password2": NEXT})

    assert "Your personal tokens stay." in said and reverse("admin:accounts_apitoken_changelist") in said
    assert Client(headers={"Authorization": f"Bearer {text}"}).get("/api/v1/members").status_code == 200


def test_who_is_switched_off_and_on_again_has_to_sign_in_again(ann: User, client: Client) -> None:
    bob = User.objects.create_user("bob@shop.example", PASSWORD, is_staff=True)
    Member.objects.create(organization=Organization.objects.get(), user=bob, role="read_only")
    sign_in(client, email="bob@shop.example")
    assert is_signed_in(client)

    change_user(system("a test"), bob, {"is_active": False})
    change_user(system("a test"), bob, {"is_active": True})

    assert not is_signed_in(client)
    sign_in(client, email="bob@shop.example")
    assert is_signed_in(client)


def test_a_weak_password_is_refused(ann: User, client: Client) -> None:
    sign_in(client)
    weak = {"oldpassword": PASSWORD, "password1": "short", "password2": "short"}

    answer = client.post("/account/password/", weak)

    assert "It must contain at least 12 characters." in answer.content.decode()
    assert User.objects.get().check_password(PASSWORD)
    assert "change:password" not in [action for action, _, _ in told()]


def test_the_admins_change_of_password_is_the_same_page(ann: User, client: Client) -> None:
    sign_in(client)

    assert client.get(reverse("admin:password_change"))["Location"] == "/account/password/"


def test_a_forgotten_password_is_set_anew_by_mail(ann: User, client: Client) -> None:
    client.post("/account/password/reset/", {"email": "ann@shop.example"})
    link = next(word for word in mail.outbox[0].body.split() if word.startswith("http"))
    form = client.get(link, follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": NEXT, "password2": NEXT})

    assert mail.outbox[0].to == ["ann@shop.example"]
    assert User.objects.get().check_password(NEXT)
    assert told()[-1][0] == "reset:password"


def test_a_forgotten_password_of_nobody_sends_nothing_and_looks_the_same(ann: User, client: Client) -> None:
    answer = client.post("/account/password/reset/", {"email": "nobody@shop.example"})

    assert answer["Location"] == "/account/password/reset/sent/"
    assert mail.outbox == []


def test_somebody_without_staff_status_is_refused_and_not_sent_round(db: None, client: Client) -> None:
    User.objects.create_user("bob@shop.example", PASSWORD)

    sign_in(client, email="bob@shop.example")

    assert client.get("/admin/", follow=True).status_code == 403
