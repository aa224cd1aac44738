"""Two-factor sign-in: an authenticator app, recovery codes, and secrets that are ciphertext at rest."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache, caches
from django.test import Client
from django.urls import reverse

from accounts.models import AuditEntry, User

PASSWORD = "correct horse battery"


@pytest.fixture(autouse=True)
def ann(db: None, settings: Any) -> User:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick
    cache.clear()  # allauth remembers used codes and failures there
    return User.objects.create_user("ann@shop.example", PASSWORD, is_staff=True)


def sign_in(client: Client) -> Any:
    return client.post("/account/sign-in/", {"login": "ann@shop.example", "password": PASSWORD})


def confirmed() -> Client:
    """Signed in, with the password entered once more just now."""
    client = Client()
    sign_in(client)
    client.post("/account/confirm/", {"password": PASSWORD})
    return client


def code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def switch_on() -> tuple[str, list[str]]:
    """The secret and the recovery codes of a user who switched it on."""
    client = confirmed()
    page = client.get(reverse("mfa_activate_totp")).content.decode()
    found = re.search(r'value="([A-Z2-7]{32})"', page)
    assert found is not None
    client.post(reverse("mfa_activate_totp"), {"code": code(found[1])})
    codes = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    cache.clear()  # the code of these 30 seconds is used
    return found[1], re.findall(r"\b\d{8}\b", codes)


def is_signed_in(client: Client) -> bool:
    return client.get(reverse("admin:index")).status_code == 200


def actions() -> list[str]:
    return list(AuditEntry.objects.order_by("id").values_list("action", flat=True))


def test_switching_it_on_asks_for_the_password_first() -> None:
    client = Client()
    sign_in(client)

    answer = client.get(reverse("mfa_activate_totp"))

    assert answer["Location"].startswith("/account/confirm/")


def test_switching_it_on_gives_ten_recovery_codes_and_is_told(
    django_capture_on_commit_callbacks: Any,
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        _, codes = switch_on()

    assert len(set(codes)) == 10
    assert actions()[-2:] == ["add:totp", "add:recovery_codes"]


def test_a_wrong_code_does_not_switch_it_on() -> None:
    client = confirmed()
    client.get(reverse("mfa_activate_totp"))

    answer = client.post(reverse("mfa_activate_totp"), {"code": "000000"})

    assert "This code is not right" in answer.content.decode()
    assert not Authenticator.objects.exists()
    assert "add:totp" not in actions()


def test_the_password_alone_does_not_sign_in_any_more() -> None:
    switch_on()
    client = Client()

    answer = sign_in(client)

    assert answer["Location"] == reverse("mfa_authenticate")
    assert not is_signed_in(client)


def test_the_password_and_a_code_sign_in() -> None:
    secret, _ = switch_on()
    client = Client()
    sign_in(client)

    client.post(reverse("mfa_authenticate"), {"code": code(secret)})

    assert is_signed_in(client)
    assert actions()[-1] == "sign_in:user"


def test_a_wrong_code_does_not_sign_in_and_is_told() -> None:
    switch_on()
    client = Client()
    sign_in(client)

    client.post(reverse("mfa_authenticate"), {"code": "000000"})

    assert not is_signed_in(client)
    assert actions()[-1] == "refuse_code:user"


def test_a_code_is_used_once() -> None:
    secret, _ = switch_on()
    used = code(secret)
    clients = [Client(), Client()]
    for client in clients:
        sign_in(client)
        client.post(reverse("mfa_authenticate"), {"code": used})

    assert [is_signed_in(client) for client in clients] == [True, False]


def test_codes_can_not_be_guessed_quickly() -> None:
    secret, _ = switch_on()
    client = Client()
    sign_in(client)
    for _ in range(5):
        client.post(reverse("mfa_authenticate"), {"code": "000000"})

    client.post(reverse("mfa_authenticate"), {"code": code(secret)})

    assert not is_signed_in(client)


def test_other_processes_count_the_same_guesses_and_used_codes() -> None:
    secret, _ = switch_on()
    signing_in = [Client() for _ in range(3)]
    for client in signing_in:
        sign_in(client)

    used = code(secret)
    signing_in[0].post(reverse("mfa_authenticate"), {"code": used})
    caches["process"].clear()  # as another process, which has none of this one's memory
    signing_in[1].post(reverse("mfa_authenticate"), {"code": used})
    for _ in range(5):
        signing_in[2].post(reverse("mfa_authenticate"), {"code": "000000"})
        caches["process"].clear()
    cache.delete(f"allauth.mfa.totp.used?user={User.objects.get().pk}&code={used}")
    signing_in[2].post(reverse("mfa_authenticate"), {"code": code(secret)})

    assert [is_signed_in(client) for client in signing_in] == [True, False, False]


def test_a_code_signs_in_while_valkey_is_away(settings: Any) -> None:
    secret, _ = switch_on()
    away = {**settings.CACHES["shared"], "LOCATION": "redis://127.0.0.1:1/0"}
    settings.CACHES = {**settings.CACHES, "shared": away}
    client = Client()
    sign_in(client)

    client.post(reverse("mfa_authenticate"), {"code": code(secret)})

    assert is_signed_in(client)


def test_a_recovery_code_signs_in_once() -> None:
    _, codes = switch_on()
    clients = [Client(), Client()]
    for client in clients:
        sign_in(client)
        client.post(reverse("mfa_authenticate"), {"code": codes[0]})

    assert [is_signed_in(client) for client in clients] == [True, False]


def test_switching_it_off_is_told_and_the_password_is_enough() -> None:
    switch_on()
    client = Client()
    client.force_login(User.objects.get())
    client.post("/account/confirm/", {"password": PASSWORD})

    client.post(reverse("mfa_deactivate_totp"))

    assert not Authenticator.objects.exists()
    assert {"remove:totp", "remove:recovery_codes"} <= set(actions())
    assert sign_in(Client())["Location"] == "/admin/"


def test_staff_takes_it_from_who_lost_phone_and_codes(ann: User) -> None:
    switch_on()
    staff, member = Client(), Client()
    staff.force_login(User.objects.create_superuser("root@here.example"))
    member.force_login(User.objects.create_user("bob@shop.example", PASSWORD, is_staff=True))
    take = reverse("admin:accounts_user_take_second_factor", args=[ann.pk])
    page = reverse("admin:accounts_user_change", args=[ann.pk])

    yes = {"_form_submitted": "on"}
    assert member.post(take, yes).status_code in (403, 404)
    assert Authenticator.objects.exists()
    assert "Remove second factor" in staff.get(page).content.decode()
    staff.post(take, yes)

    assert not Authenticator.objects.exists()
    assert actions()[-2:] == ["remove:recovery_codes", "remove:totp"]
    assert sign_in(Client())["Location"] == "/admin/"
    assert "Remove second factor" not in staff.get(page).content.decode()


def test_secrets_are_ciphertext_in_the_database() -> None:
    secret, codes = switch_on()

    stored = str(list(Authenticator.objects.values_list("data", flat=True)))
    assert secret not in stored
    assert not [one for one in codes if one in stored]


def test_nobody_sees_the_libraries_tables_in_the_admin() -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root@here.example"))

    paths = ("mfa/authenticator", "account/emailaddress", "socialaccount/socialapp", "axes/accessattempt")
    assert [client.get(f"/admin/{path}/").status_code for path in paths] == [404] * 4
