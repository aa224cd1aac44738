"""API tokens in the admin: who may issue and revoke which, and that a text is shown once."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.core.permissions import Role, permissions_of
from accounts.core.principal import system
from accounts.models import ApiToken, AuditEntry, Organization
from accounts.services.tokens import issue_token, principal_of_token
from tests.accounts.admin import people
from tests.accounts.admin.people import client_of, member, signed_in, staff, told

LIST = "admin:accounts_apitoken_changelist"
TEXT = re.compile(r"s2s_[a-z0-9]{8}_[A-Za-z0-9]{40}")


@pytest.fixture
def shop(db: None) -> Organization:
    return people.organization()


def address_of(place: Organization) -> str:
    return f"{reverse('admin:accounts_apitoken_add')}?organization={place.id}"


def issue(client: Client, place: Organization, **values: Any) -> Any:
    asked = {"name": "Reports", "owner": "organization", "valid_days": "30", "scopes": ["read:metrics"]}
    return client.post(address_of(place), {**asked, **values})


def made(place: Organization, **values: Any) -> ApiToken:
    asked = {"name": "Reports", "scopes": ["read:metrics"], **values}
    token, _ = issue_token(system("test"), place, **asked)
    AuditEntry.objects.all().delete()
    return token


def revoke(client: Client, token: ApiToken) -> Any:
    return client.post(reverse("admin:accounts_apitoken_revoke", args=[token.id]), {"_form_submitted": "on"})


# --- Issuing ---
def test_an_admin_issues_a_token_and_sees_its_text_this_once(shop: Organization) -> None:
    client = signed_in("ann@shop.example", shop)

    answer = issue(client, shop)

    (text,) = set(TEXT.findall(answer.content.decode()))
    token = ApiToken.objects.get()
    holder = principal_of_token(text)
    assert holder and holder.granted == {shop.id: frozenset({"read:metrics"})}
    assert (token.user, token.created_by) == (None, "ann@shop.example")
    assert timedelta(days=29) < token.expires_at - timezone.now() < timedelta(days=30)  # type: ignore[operator]
    assert "no-store" in answer["Cache-Control"]
    ((action, changes),) = told()
    assert (action, set(changes)) == ("create:token", {"scopes", "expires_at"})
    assert changes["scopes"] == [None, ["read:metrics"]]
    assert changes["expires_at"] == [None, token.expires_at.isoformat()]  # type: ignore[union-attr]


def test_no_later_page_has_the_text(shop: Organization) -> None:
    client = signed_in("ann@shop.example", shop)
    (text,) = set(TEXT.findall(issue(client, shop).content.decode()))
    token, entry = ApiToken.objects.get(), AuditEntry.objects.get()

    pages = [
        reverse(LIST),
        reverse("admin:accounts_apitoken_change", args=[token.id]),
        reverse("admin:accounts_auditentry_changelist"),
        reverse("admin:accounts_auditentry_change", args=[entry.id]),
        reverse("admin:index"),
    ]
    bodies = "".join(client.get(page).content.decode() for page in pages)

    assert text not in bodies
    assert text[-40:] not in bodies
    assert f"s2s_{token.prefix}…" in bodies


def test_a_token_may_never_expire(shop: Organization) -> None:
    issue(signed_in("ann@shop.example", shop), shop, valid_days="")

    assert ApiToken.objects.get().expires_at is None


def test_it_offers_what_the_user_has_and_no_more(shop: Organization) -> None:
    body = signed_in("ann@shop.example", shop, Role.READ_ONLY).get(address_of(shop)).content.decode()

    offered = set(re.findall(r'name="scopes" value="([^"]+)"', body))
    assert offered == set(permissions_of(Role.READ_ONLY))
    assert 'value="organization"' not in body


def test_everybody_makes_a_token_of_their_own(shop: Organization) -> None:
    bob = member("bob@shop.example", shop, Role.READ_ONLY).user

    issue(client_of(bob), shop, owner="personal")

    assert ApiToken.objects.get().user == bob
    ((action, changes),) = told()
    assert (action, changes["user"]) == ("create:token", [None, "bob@shop.example"])


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"owner": "organization"}, "Select a valid choice"),
        ({"scopes": ["create:member"]}, "Select a valid choice"),
        ({"scopes": []}, "A token without scopes can do nothing: choose at least one."),
        ({"name": ""}, "This field is required."),
        ({"valid_days": "9999"}, "Select a valid choice"),
    ],
)
def test_it_refuses_what_is_not_offered(shop: Organization, changed: dict[str, Any], sentence: str) -> None:
    client = signed_in("bob@shop.example", shop, Role.READ_ONLY)

    body = issue(client, shop, **{"owner": "personal", **changed}).content.decode()

    assert sentence in body
    assert not TEXT.search(body)
    assert not ApiToken.objects.exists()
    assert told() == []


def test_nobody_makes_tokens_of_another_organization(shop: Organization) -> None:
    other = people.organization("other")
    client = signed_in("eve@other.example", other)

    answers = [client.get(address_of(shop)), issue(client, shop), issue(client, shop, owner="personal")]

    assert [answer.status_code for answer in answers] == [404] * 3
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("organization", ["", "nonsense", "00000000-0000-0000-0000-000000000000"])
def test_it_knows_no_such_organization(shop: Organization, organization: str) -> None:
    url = f"{reverse('admin:accounts_apitoken_add')}?organization={organization}"

    assert signed_in("ann@shop.example", shop).get(url).status_code == 404


def test_it_asks_for_the_organization_when_there_are_several(shop: Organization) -> None:
    ann = member("ann@shop.example", shop).user
    url = reverse("admin:accounts_apitoken_add")

    only = client_of(ann).get(url)
    people.organization("other").members.create(user=ann, role=Role.READ_ONLY)
    body = client_of(ann).get(url).content.decode()

    assert only["Location"] == address_of(shop)
    assert "Choose the organization" in body
    assert "Other" in body


def test_staff_issues_for_an_organization_and_never_for_itself(shop: Organization) -> None:
    client = staff()

    body = client.get(address_of(shop)).content.decode()
    issue(client, shop)

    assert 'value="personal"' not in body
    assert AuditEntry.objects.get().is_staff
    assert ApiToken.objects.get().user is None


# --- Seeing ---
def test_a_reader_sees_their_own_token_and_no_other(shop: Organization) -> None:
    bob = member("bob@shop.example", shop, Role.READ_ONLY).user
    theirs, own = made(shop, name="Theirs"), made(shop, name="My own", user=bob)
    client = client_of(bob)

    body = client.get(reverse(LIST)).content.decode()

    assert "My own" in body
    assert "Theirs" not in body
    assert client.get(reverse("admin:accounts_apitoken_change", args=[own.id])).status_code == 200
    assert client.get(reverse("admin:accounts_apitoken_change", args=[theirs.id])).status_code == 404


def test_who_left_the_organization_sees_no_token_of_it(shop: Organization) -> None:
    bob = member("bob@shop.example", shop, Role.READ_ONLY)
    token = made(shop, user=bob.user)
    people.organization("other").members.create(user=bob.user, role=Role.ADMIN)
    bob.delete()
    client = client_of(bob.user)

    assert token.prefix not in client.get(reverse(LIST)).content.decode()
    assert client.get(reverse("admin:accounts_apitoken_change", args=[token.id])).status_code == 404
    assert revoke(client, token).status_code in (403, 404)


@pytest.mark.parametrize(
    ("state", "names"), [("usable", {"New"}), ("expired", {"Old"}), ("revoked", {"Gone"})]
)
def test_it_tells_states_apart(shop: Organization, state: str, names: set[str]) -> None:
    now = timezone.now()
    made(shop, name="New")
    made(shop, name="Old", expires_at=now - timedelta(days=1))
    ApiToken.objects.filter(id=made(shop, name="Gone").id).update(revoked_at=now)

    answer = signed_in("ann@shop.example", shop).get(f"{reverse(LIST)}?state={state}")

    assert {token.name for token in answer.context["cl"].result_list} == names
    assert state.capitalize() in answer.content.decode()


# --- Revoking ---
def test_an_admin_revokes(shop: Organization) -> None:
    token = made(shop)

    answer = revoke(signed_in("ann@shop.example", shop), token)

    assert answer["HX-Redirect"] == reverse("admin:accounts_apitoken_change", args=[token.id])
    assert ApiToken.objects.get().revoked_at is not None
    assert [action for action, _ in told()] == ["revoke:token"]


def test_it_asks_before_it_revokes(shop: Organization) -> None:
    token = made(shop)

    url = reverse("admin:accounts_apitoken_revoke", args=[token.id])
    body = signed_in("ann@shop.example", shop).get(url).content.decode()

    assert "Programs that still use it get 401 from now on." in body
    assert ApiToken.objects.get().revoked_at is None


def test_everybody_revokes_their_own(shop: Organization) -> None:
    bob = member("bob@shop.example", shop, Role.READ_ONLY).user

    revoke(client_of(bob), made(shop, user=bob))

    assert ApiToken.objects.get().revoked_at is not None


@pytest.mark.parametrize("role", [Role.DEPLOYMENT_MANAGER, Role.INTEGRATION_MANAGER, Role.READ_ONLY])
def test_others_do_not_revoke(shop: Organization, role: Role) -> None:
    token = made(shop)

    answer = revoke(signed_in("bob@shop.example", shop, role), token)

    assert answer.status_code in (403, 404)
    assert ApiToken.objects.get().revoked_at is None
    assert told() == []


def test_tokens_are_neither_changed_nor_deleted(shop: Organization) -> None:
    token = made(shop)
    client = staff()

    answers = [
        client.post(reverse("admin:accounts_apitoken_change", args=[token.id]), {"name": "Changed"}),
        client.post(reverse("admin:accounts_apitoken_delete", args=[token.id]), {"post": "yes"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert ApiToken.objects.get().name == "Reports"
    assert told() == []
