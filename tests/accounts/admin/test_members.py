"""Users and members in the admin: who may add whom, and who sees whom."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.core.permissions import Role
from accounts.models import Member, Organization, User


@pytest.fixture
def organization(db: None) -> Organization:
    return Organization.objects.create(name="Shop", slug="shop")


@pytest.fixture
def other(db: None) -> Organization:
    return Organization.objects.create(name="Other", slug="other")


def member(email: str, organization: Organization, role: Role = Role.ADMIN) -> Member:
    user = User.objects.create_user(email, is_staff=True)
    return Member.objects.create(organization=organization, user=user, role=role)


def client_of(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def add(client: Client, organization: Organization, email: str) -> str:
    values = {"organization": organization.id, "email": email, "role": Role.READ_ONLY}
    return client.post(reverse("admin:accounts_member_add"), values).content.decode()


def test_an_admin_adds_a_member_by_address(organization: Organization) -> None:
    newcomer = User.objects.create_user("new@shop.example")

    add(client_of(member("ann@shop.example", organization).user), organization, "New@shop.example")

    assert Member.objects.get(user=newcomer).organization == organization


def test_an_unknown_address_is_said_to_be_unknown(organization: Organization) -> None:
    body = add(client_of(member("ann@shop.example", organization).user), organization, "who@shop.example")

    assert "Nobody signs in with this address: installation staff adds the user first." in body
    assert Member.objects.count() == 1


def test_a_member_is_added_once(organization: Organization) -> None:
    body = add(client_of(member("ann@shop.example", organization).user), organization, "ann@shop.example")

    assert "This person is a member of the organization already." in body
    assert Member.objects.count() == 1


def test_an_admin_adds_nobody_to_another_organization(
    organization: Organization, other: Organization
) -> None:
    User.objects.create_user("new@shop.example")

    body = add(client_of(member("ann@shop.example", organization).user), other, "new@shop.example")

    assert "Select a valid choice" in body
    assert not Member.objects.filter(organization=other).exists()


@pytest.mark.parametrize("role", [Role.DEPLOYMENT_MANAGER, Role.INTEGRATION_MANAGER, Role.READ_ONLY])
def test_only_an_admin_adds_members(organization: Organization, role: Role) -> None:
    client = client_of(member("ann@shop.example", organization, role).user)

    assert client.get(reverse("admin:accounts_member_add")).status_code == 403


def test_an_admin_changes_a_role_and_nothing_else(organization: Organization, other: Organization) -> None:
    client = client_of(member("ann@shop.example", organization).user)
    bob = member("bob@shop.example", organization, Role.READ_ONLY)

    values = {"organization": other.id, "role": Role.DEPLOYMENT_MANAGER, "can_read_events": "on"}
    client.post(reverse("admin:accounts_member_change", args=[bob.id]), values)

    bob.refresh_from_db()
    assert (bob.role, bob.can_read_events, bob.organization) == ("deployment_manager", True, organization)


def test_members_see_each_other_and_nobody_else(organization: Organization, other: Organization) -> None:
    client = client_of(member("ann@shop.example", organization).user)
    stranger = member("eve@other.example", other)

    body = client.get(reverse("admin:accounts_user_changelist")).content.decode()

    assert "ann@shop.example" in body
    assert "eve@other.example" not in body
    assert client.get(reverse("admin:accounts_user_change", args=[stranger.user_id])).status_code == 404


def test_an_admin_can_not_take_over_a_user(organization: Organization) -> None:
    client = client_of(member("ann@shop.example", organization).user)
    bob = member("bob@shop.example", organization).user

    answers = [
        client.post(reverse("admin:accounts_user_change", args=[bob.id]), {"is_superuser": "on"}),
        client.post(reverse("admin:auth_user_password_change", args=[bob.id]), {"password1": "x"}),
        client.post(reverse("admin:accounts_user_delete", args=[bob.id]), {"post": "yes"}),
        client.get(reverse("admin:accounts_user_add")),
    ]

    assert [answer.status_code for answer in answers] == [403] * 4
    assert not User.objects.get(id=bob.id).is_superuser


def test_staff_adds_a_user(db: None) -> None:
    client = client_of(User.objects.create_superuser("root@here.example"))
    values = {
        "email": "new@shop.example",
        "is_staff": "on",
        "usable_password": "true",
        "password1": "correct horse battery",
        "password2": "correct horse battery",
    }

    client.post(reverse("admin:accounts_user_add"), values)

    made = User.objects.get(email="new@shop.example")
    assert made.is_staff
    assert made.check_password("correct horse battery")


def test_only_staff_makes_and_deletes_organizations(organization: Organization) -> None:
    client = client_of(member("ann@shop.example", organization).user)

    answers = [
        client.get(reverse("admin:accounts_organization_add")),
        client.post(reverse("admin:accounts_organization_delete", args=[organization.id]), {"post": "yes"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert Organization.objects.filter(id=organization.id).exists()


def test_an_admin_renames_the_own_organization(organization: Organization) -> None:
    client = client_of(member("ann@shop.example", organization).user)
    address = reverse("admin:accounts_organization_change", args=[organization.id])

    rows = {"members-TOTAL_FORMS": "0", "members-INITIAL_FORMS": "0"}
    client.post(address, {"name": "Better shop", "slug": "shop", **rows})

    assert Organization.objects.get(id=organization.id).name == "Better shop"


def test_somebody_without_staff_status_does_not_get_in(organization: Organization) -> None:
    user = User.objects.create_user("visitor@shop.example")
    Member.objects.create(organization=organization, user=user, role=Role.ADMIN)

    answer = client_of(user).get(reverse("admin:index"))

    assert answer["Location"].startswith("/admin/login/")


def test_a_user_without_any_organization_sees_an_empty_dashboard(db: None) -> None:
    client = client_of(User.objects.create_user("lost@here.example", is_staff=True))

    body = client.get(reverse("admin:index")).content.decode()

    assert "You are a member of no organization yet: ask an Admin of yours to add you." in body
