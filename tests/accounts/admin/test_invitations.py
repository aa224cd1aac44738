"""Invitations in the admin: made, shown once, revoked."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.core.permissions import Role
from accounts.core.principal import system
from accounts.models import AuditEntry, Invitation, Organization
from accounts.services.members import find_invitation, invite
from tests.accounts.admin import people
from tests.accounts.admin.people import signed_in, staff, told

LIST = "admin:accounts_invitation_changelist"
LINK = re.compile(r"http://127\.0\.0\.1:8000/join/([\w-]+)")


@pytest.fixture
def shop(db: None) -> Organization:
    return people.organization()


def ask(client: Client, place: Organization, email: str = "new@shop.example", **values: Any) -> Any:
    asked = {"organization": place.id, "email": email, "role": Role.READ_ONLY, **values}
    return client.post(reverse("admin:accounts_invitation_add"), asked)


def made(place: Organization, email: str = "new@shop.example", **fields: Any) -> Invitation:
    invitation, _ = invite(system("test"), place, email=email, role=Role.READ_ONLY)
    Invitation.objects.filter(pk=invitation.pk).update(**fields)
    AuditEntry.objects.all().delete()
    return invitation


def revoke(client: Client, invitation: Invitation) -> Any:
    url = reverse("admin:accounts_invitation_withdraw", args=[invitation.id])
    return client.post(url, {"_form_submitted": "on"})


def test_an_admin_invites_and_sees_the_link_this_once(shop: Organization) -> None:
    client = signed_in("ann@shop.example", shop)

    answer = ask(client, shop)

    (token,) = set(LINK.findall(answer.content.decode()))
    invitation = find_invitation(token)
    assert invitation and (invitation.email, invitation.role) == ("new@shop.example", "read_only")
    assert "no-store" in answer["Cache-Control"]
    assert told() == [("create:invitation", {"role": [None, "read_only"]})]
    pages = [reverse(LIST), reverse("admin:accounts_invitation_change", args=[invitation.id])]
    assert token not in "".join(client.get(page).content.decode() for page in pages)


def test_with_a_mail_server_no_link_is_shown(shop: Organization, settings: Any) -> None:
    settings.MAIL_IS_DELIVERED = True
    client = signed_in("ann@shop.example", shop)

    body = client.get(ask(client, shop)["Location"]).content.decode()

    assert "The invitation was sent to new@shop.example." in body
    assert not LINK.search(body)


def test_a_member_is_not_invited_and_the_form_says_why(shop: Organization) -> None:
    body = ask(signed_in("ann@shop.example", shop), shop, "ann@shop.example").content.decode()

    assert "This person is a member of the organization already." in body
    assert not Invitation.objects.exists()
    assert told() == []


def test_nobody_is_invited_to_another_organization(shop: Organization) -> None:
    other = people.organization("other")

    body = ask(signed_in("eve@other.example", other), shop).content.decode()

    assert "Select a valid choice" in body
    assert not Invitation.objects.exists()
    assert told() == []


@pytest.mark.parametrize("role", [Role.DEPLOYMENT_MANAGER, Role.INTEGRATION_MANAGER, Role.READ_ONLY])
def test_only_an_admin_invites_and_revokes(shop: Organization, role: Role) -> None:
    client = signed_in("bob@shop.example", shop, role)
    invitation = made(shop)

    answers = [ask(client, shop, "other@shop.example"), revoke(client, invitation)]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert Invitation.objects.count() == 1
    assert told() == []


def test_an_admin_revokes(shop: Organization) -> None:
    answer = revoke(signed_in("ann@shop.example", shop), made(shop))

    assert answer["HX-Redirect"] == reverse(LIST)
    assert not Invitation.objects.exists()
    assert told() == [("delete:invitation", {})]


@pytest.mark.parametrize("field", ["accepted_at", "expires_at"])
def test_what_is_over_is_not_revoked(shop: Organization, field: str) -> None:
    invitation = made(shop, **{field: timezone.now() - timedelta(days=1)})

    answer = revoke(signed_in("ann@shop.example", shop), invitation)

    assert answer.status_code == 403
    assert Invitation.objects.filter(pk=invitation.pk).exists()


@pytest.mark.parametrize("state", ["open", "accepted", "expired"])
def test_it_tells_states_apart(shop: Organization, state: str) -> None:
    before = timezone.now() - timedelta(days=1)
    made(shop, "open@shop.example")
    made(shop, "accepted@shop.example", accepted_at=before)
    made(shop, "expired@shop.example", expires_at=before)

    answer = signed_in("ann@shop.example", shop).get(f"{reverse(LIST)}?state={state}")

    assert [one.email for one in answer.context["cl"].result_list] == [f"{state}@shop.example"]


def test_invitations_are_neither_changed_nor_deleted(shop: Organization) -> None:
    invitation = made(shop)
    client = staff()

    answers = [
        client.post(reverse("admin:accounts_invitation_change", args=[invitation.id]), {"role": "admin"}),
        client.post(reverse("admin:accounts_invitation_delete", args=[invitation.id]), {"post": "yes"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert Invitation.objects.get().role == "read_only"
