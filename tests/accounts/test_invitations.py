"""Invitations: links that are valid 7 days, work once, and never reach another address's account."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from smtplib import SMTPRecipientsRefused
from typing import Any
from urllib.parse import urlsplit

import pytest
import time_machine
from django.core import mail
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from accounts.core.permissions import Role
from accounts.core.principal import system
from accounts.models import AuditEntry, Invitation, Member, Organization, User
from accounts.services.access import principal_of
from accounts.services.members import accept, find_invitation, invite, withdraw

BY = system("ann@shop.example")
PASSWORD = "correct horse battery"
NEW = {"password": PASSWORD, "repeated": PASSWORD}
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def organization(db: None) -> Organization:
    return Organization.objects.create(name="Shop", slug="shop")


def link_to(organization: Organization, email: str = "bob@shop.example", role: Role = Role.READ_ONLY) -> str:
    """The path behind an invitation's link."""
    _, link = invite(BY, organization, email=email, role=role)
    return urlsplit(link).path


def token_of(path: str) -> str:
    return path.removeprefix("/join/")


def signed_in(email: str) -> Client:
    client = Client()
    client.force_login(User.objects.create_user(email, PASSWORD, is_staff=True))
    return client


def nobody_joined() -> bool:
    return not Member.objects.exists() and not Invitation.objects.exclude(accepted_at=None).exists()


# --- Inviting -----------------------------------------------------------------------------------------
def test_without_a_mail_server_the_link_is_returned_and_the_mail_goes_to_the_log(
    organization: Organization,
) -> None:
    with time_machine.travel(NOON, tick=False):
        invitation, link = invite(BY, organization, email=" Bob@Shop.example", role=Role.INTEGRATION_MANAGER)

    assert link.startswith("http://127.0.0.1:8000/join/")
    assert mail.outbox[0].to == ["bob@shop.example"]
    assert mail.outbox[0].subject == "You are invited to Shop"
    assert link in mail.outbox[0].body
    assert "until 28 November 2026, 12:00 UTC" in mail.outbox[0].body
    assert invitation.expires_at == NOON + timedelta(days=7)


def test_with_a_mail_server_the_link_goes_by_mail_alone(organization: Organization, settings: Any) -> None:
    settings.MAIL_IS_DELIVERED = True

    _, link = invite(BY, organization, email="bob@shop.example", role=Role.READ_ONLY)

    assert link == ""
    assert "http://127.0.0.1:8000/join/" in mail.outbox[0].body


def test_a_mail_server_that_refuses_leaves_no_invitation(
    organization: Organization, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise SMTPRecipientsRefused({"bob@shop.example": (550, b"unknown")})

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)

    with pytest.raises(ValidationError, match="The mail server did not take the invitation"):
        invite(BY, organization, email="bob@shop.example", role=Role.READ_ONLY)

    assert (Invitation.objects.count(), AuditEntry.objects.count()) == (0, 0)


def test_the_secret_is_kept_as_a_hash(organization: Organization) -> None:
    token = token_of(link_to(organization))

    assert len(token) == 43
    assert bytes(Invitation.objects.get().digest) == hashlib.sha256(token.encode()).digest()


def test_inviting_is_told_without_the_secret(organization: Organization) -> None:
    token = token_of(link_to(organization, role=Role.ADMIN))

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.target) == ("create:invitation", "bob@shop.example to Shop")
    assert entry.changes == {"role": [None, "admin"]}
    assert token not in str(entry.__dict__)


def test_a_member_is_not_invited(organization: Organization) -> None:
    user = User.objects.create_user("bob@shop.example")
    Member.objects.create(organization=organization, user=user)

    with pytest.raises(ValidationError, match="member of the organization already"):
        invite(BY, organization, email="BOB@shop.example", role=Role.READ_ONLY)

    assert not Invitation.objects.exists()
    assert mail.outbox == []


def test_what_is_no_address_is_not_invited(organization: Organization) -> None:
    with pytest.raises(ValidationError, match="Enter a valid email address"):
        invite(BY, organization, email="bob", role=Role.READ_ONLY)

    assert not Invitation.objects.exists()


def test_inviting_again_replaces_the_first_link(organization: Organization, client: Client) -> None:
    first, second = link_to(organization), link_to(organization)

    assert client.get(first).status_code == 410
    assert client.get(second).status_code == 200


def test_a_withdrawn_invitation_is_closed_and_told(organization: Organization, client: Client) -> None:
    path = link_to(organization)

    withdraw(BY, Invitation.objects.get())

    assert client.get(path).status_code == 410
    assert AuditEntry.objects.latest("id").action == "delete:invitation"


# --- Joining as a new person --------------------------------------------------------------------------
def test_a_new_person_sets_a_password_and_is_in(organization: Organization, client: Client) -> None:
    path = link_to(organization, role=Role.INTEGRATION_MANAGER)

    answer = client.post(path, NEW)

    user = User.objects.get()
    assert answer["Location"] == "/admin/"
    assert (user.email, user.is_staff, user.is_superuser) == ("bob@shop.example", True, False)
    assert user.check_password(PASSWORD)
    assert (Member.objects.get().user, Member.objects.get().role) == (user, "integration_manager")
    assert client.get(reverse("admin:index")).status_code == 200


def test_joining_and_signing_in_are_told(organization: Organization, client: Client) -> None:
    client.post(link_to(organization), NEW, REMOTE_ADDR="203.0.113.9")

    entries = AuditEntry.objects.order_by("id").values_list("action", "actor", "address", "organization_id")
    assert list(entries)[1:] == [
        ("create:member", "bob@shop.example", "203.0.113.9", organization.id),
        ("sign_in:user", "bob@shop.example", "203.0.113.9", organization.id),
    ]


@pytest.mark.parametrize(
    ("password", "repeated", "sentence"),
    [
        ("short", "short", "This password is too short. It must contain at least 12 characters."),
        ("password1234", "password1234", "This password is too common."),
        ("bob@shop.example", "bob@shop.example", "The password is too similar to the e-mail address."),
        (PASSWORD, "another one here", "The two passwords differ."),
        ("", "", "This field is required."),
    ],
)
def test_a_bad_password_is_refused(
    organization: Organization, client: Client, password: str, repeated: str, sentence: str
) -> None:
    answer = client.post(link_to(organization), {"password": password, "repeated": repeated})

    assert sentence in answer.content.decode()
    assert not User.objects.exists()
    assert nobody_joined()


def test_a_link_works_once(organization: Organization, client: Client) -> None:
    path = link_to(organization)
    client.post(path, NEW)

    again = Client().post(path, {"password": "another horse battery", "repeated": "another horse battery"})

    assert again.status_code == 410
    assert User.objects.count() == 1
    assert User.objects.get().check_password(PASSWORD)


def test_a_link_is_valid_for_7_days(organization: Organization, client: Client) -> None:
    with time_machine.travel(NOON, tick=False):
        path = link_to(organization)
    with time_machine.travel(NOON + timedelta(days=7, seconds=-1), tick=False):
        assert client.get(path).status_code == 200
    with time_machine.travel(NOON + timedelta(days=7), tick=False):
        assert client.post(path, NEW).status_code == 410
    assert not User.objects.exists()
    assert nobody_joined()


def test_an_invented_link_is_closed(db: None, client: Client) -> None:
    answer = client.get("/join/" + "x" * 43)

    assert answer.status_code == 410
    assert "Ask an Admin for a new one." in answer.content.decode()


# --- Joining as an existing user ----------------------------------------------------------------------
def test_a_user_with_the_address_joins_when_signed_in(organization: Organization) -> None:
    path, client = link_to(organization, "Bob@shop.example", Role.ADMIN), signed_in("bob@shop.example")
    assert Member.objects.count() == 0

    client.get(path)
    assert Member.objects.count() == 0
    answer = client.post(path)

    assert answer["Location"] == "/admin/"
    assert Member.objects.get().role == "admin"
    assert Invitation.objects.get().accepted_at is not None


def test_a_user_with_another_address_does_not_join(organization: Organization) -> None:
    path, client = link_to(organization), signed_in("eve@other.example")

    answers = [client.get(path), client.post(path), client.post(path, NEW)]

    assert [answer.status_code for answer in answers] == [403] * 3
    assert "You are signed in as eve@other.example." in answers[0].content.decode()
    assert User.objects.count() == 1
    assert nobody_joined()


def test_an_address_that_has_an_account_gets_no_new_password(
    organization: Organization, client: Client
) -> None:
    User.objects.create_user("bob@shop.example", PASSWORD)
    path = link_to(organization)
    stolen = {"password": "stolen horse battery", "repeated": "stolen horse battery"}

    answer = client.post(path, stolen)

    assert f"/account/sign-in/?next={path}" in answer.content.decode()
    assert User.objects.get().check_password(PASSWORD)
    assert nobody_joined()


def test_signing_in_leads_back_to_the_invitation(organization: Organization, client: Client) -> None:
    User.objects.create_user("bob@shop.example", PASSWORD)
    path = link_to(organization)

    answer = client.post(
        "/account/sign-in/", {"login": "bob@shop.example", "password": PASSWORD, "next": path}
    )

    assert answer["Location"] == path


def test_the_service_too_refuses_another_address(organization: Organization) -> None:
    token, eve = token_of(link_to(organization)), User.objects.create_user("eve@other.example")

    with pytest.raises(ValidationError, match=r"is for bob@shop\.example, and you are eve@other\.example"):
        accept(principal_of(eve), token, eve)

    assert nobody_joined()
    assert find_invitation(token) is not None


def test_who_became_a_member_meanwhile_keeps_that_role(organization: Organization) -> None:
    path, client = link_to(organization, role=Role.ADMIN), signed_in("bob@shop.example")
    Member.objects.create(organization=organization, user=User.objects.get(), role=Role.READ_ONLY)

    answer = client.post(path)

    assert answer.status_code == 409
    assert "You are a member of Shop already." in answer.content.decode()
    assert Member.objects.get().role == "read_only"
    assert Invitation.objects.get().accepted_at is None


def test_the_page_is_kept_nowhere(organization: Organization, client: Client) -> None:
    answer = client.get(link_to(organization))

    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "same-origin"
