"""Users and members in the admin: who may add whom, and who sees whom."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.core.permissions import Role
from accounts.core.principal import system
from accounts.models import AuditEntry, Member, Organization, User
from accounts.services.members import invite
from accounts.services.tokens import issue_token
from tests.accounts.admin import people
from tests.accounts.admin.people import client_of, member, signed_in, staff, told


@pytest.fixture
def organization(db: None) -> Organization:
    return people.organization()


@pytest.fixture
def other(db: None) -> Organization:
    return people.organization("other")


def change(client: Client, who: Member, role: Role, **values: Any) -> str:
    address = reverse("admin:accounts_member_change", args=[who.id])
    return client.post(address, {"role": role, **values}).content.decode()


def delete(client: Client, who: Member) -> Any:
    address = reverse("admin:accounts_member_delete", args=[who.id])
    return client.post(address, {"post": "yes"}, follow=True)


# --- Members ---
def test_a_new_role_is_told_once_and_from_where(organization: Organization) -> None:
    client = signed_in("ann@shop.example", organization)
    bob = member("bob@shop.example", organization, Role.READ_ONLY)

    change(client, bob, Role.DEPLOYMENT_MANAGER)

    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.address, entry.is_staff) == ("ann@shop.example", "127.0.0.1", False)
    assert told() == [("update:member", {"role": ["read_only", "deployment_manager"]})]


def test_the_grant_alone_is_told_as_the_grant(organization: Organization) -> None:
    bob = member("bob@shop.example", organization, Role.READ_ONLY)

    change(signed_in("ann@shop.example", organization), bob, Role.READ_ONLY, can_read_events="on")

    assert told() == [("update:member", {"can_read_events": [False, True]})]


def test_saving_without_a_change_tells_nothing(organization: Organization) -> None:
    bob = member("bob@shop.example", organization, Role.READ_ONLY)

    change(signed_in("ann@shop.example", organization), bob, Role.READ_ONLY)

    assert told() == []


def test_the_last_admin_is_not_demoted_and_the_form_says_why(organization: Organization) -> None:
    ann = member("ann@shop.example", organization)

    body = change(client_of(ann.user), ann, Role.READ_ONLY, can_read_events="on")

    assert "ann@shop.example is the last Admin of Shop and can&#x27;t be demoted." in body
    ann.refresh_from_db()
    assert (ann.role, ann.can_read_events) == ("admin", False)
    assert told() == []


def test_the_last_admin_is_not_removed_and_the_page_says_why(organization: Organization) -> None:
    ann = member("ann@shop.example", organization)

    body = delete(client_of(ann.user), ann).content.decode()

    assert "ann@shop.example is the last Admin of Shop and can&#x27;t be removed." in body
    assert Member.objects.filter(pk=ann.pk).exists()
    assert told() == []


def test_the_last_admin_is_not_removed_from_the_list_and_nobody_with_them(organization: Organization) -> None:
    ann, bob = member("ann@shop.example", organization), member("bob@shop.example", organization)
    values = {"action": "delete_selected", "post": "yes", "_selected_action": [bob.pk, ann.pk]}

    address = reverse("admin:accounts_member_changelist")
    body = client_of(ann.user).post(address, values, follow=True).content.decode()

    assert "is the last Admin of Shop" in body
    assert "Successfully deleted" not in body
    assert Member.objects.count() == 2
    assert told() == []


def test_a_removed_member_is_told_once(organization: Organization) -> None:
    bob = member("bob@shop.example", organization, Role.READ_ONLY)

    delete(signed_in("ann@shop.example", organization), bob)

    assert not Member.objects.filter(pk=bob.pk).exists()
    assert told() == [("delete:member", {"role": ["read_only", None], "can_read_events": [False, None]})]


@pytest.mark.parametrize("role", [Role.DEPLOYMENT_MANAGER, Role.INTEGRATION_MANAGER, Role.READ_ONLY])
def test_only_an_admin_changes_members(organization: Organization, role: Role) -> None:
    bob = member("bob@shop.example", organization, Role.READ_ONLY)
    client = signed_in("ann@shop.example", organization, role)

    change(client, bob, Role.ADMIN)

    assert Member.objects.get(pk=bob.pk).role == "read_only"
    assert told() == []


def test_adding_a_member_is_inviting(organization: Organization) -> None:
    add = reverse("admin:accounts_member_add")
    client = signed_in("ann@shop.example", organization)
    reader = signed_in("bob@shop.example", organization, Role.READ_ONLY)

    assert add in client.get(reverse("admin:accounts_member_changelist")).content.decode()
    assert client.get(add)["Location"] == reverse("admin:accounts_invitation_add")
    assert add not in reader.get(reverse("admin:accounts_member_changelist")).content.decode()
    assert reader.get(add).status_code == 403


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

    assert [action for action, _ in told()] == ["create:user"]
    assert "correct horse" not in str(told())
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
    assert told() == [("update:organization", {"name": ["Shop", "Better shop"]})]


def test_a_refused_name_of_an_organization_tells_nothing(
    organization: Organization, other: Organization
) -> None:
    address = reverse("admin:accounts_organization_change", args=[organization.id])

    rows = {"members-TOTAL_FORMS": "0", "members-INITIAL_FORMS": "0"}
    signed_in("ann@shop.example", organization).post(address, {"name": "Shop", "slug": "other", **rows})

    assert Organization.objects.get(id=organization.id).slug == "shop"
    assert told() == []


def test_staff_makes_and_deletes_an_organization_and_both_are_told(db: None) -> None:
    client = staff()
    rows = {"members-TOTAL_FORMS": "0", "members-INITIAL_FORMS": "0"}
    client.post(reverse("admin:accounts_organization_add"), {"name": "New", "slug": "new", **rows})
    made = Organization.objects.get(slug="new")

    client.post(reverse("admin:accounts_organization_delete", args=[made.id]), {"post": "yes"})

    assert not Organization.objects.exists()
    entries = list(AuditEntry.objects.order_by("id"))
    assert [entry.action for entry in entries] == ["create:organization", "delete:organization"]
    assert [(entry.organization_id, entry.is_staff) for entry in entries] == [(made.id, True)] * 2


def test_an_organization_with_tokens_and_invitations_can_be_deleted(organization: Organization) -> None:
    by = system("test")
    issue_token(by, organization, name="Reports", scopes=["read:metrics"])
    invite(by, organization, email="new@shop.example", role=Role.READ_ONLY)

    staff().post(reverse("admin:accounts_organization_delete", args=[organization.id]), {"post": "yes"})

    assert not Organization.objects.exists()


# --- Users ---
def test_what_staff_does_to_a_user_stands_in_the_log_of_the_organization(organization: Organization) -> None:
    bob = member("bob@shop.example", organization, Role.READ_ONLY).user
    address = reverse("admin:accounts_user_change", args=[bob.id])
    rows = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}

    staff().post(address, {"email": "bob@shop.example", "first_name": "Bob", "is_staff": "on", **rows})

    entry = AuditEntry.objects.get()
    assert (entry.organization_id, entry.is_staff) == (organization.id, True)
    assert told() == [("update:user", {"first_name": ["", "Bob"], "is_active": [True, False]})]


def test_a_password_that_staff_sets_is_told_and_not_shown(organization: Organization) -> None:
    bob = member("bob@shop.example", organization, Role.READ_ONLY).user
    words = {"password1": "correct horse battery", "password2": "correct horse battery"}

    client = staff()
    address = reverse("admin:auth_user_password_change", args=[bob.id])
    client.post(address, {"usable_password": "true", **words, "set-password": "1"})
    client.post(address, {"usable_password": "true", "password1": "x", "password2": "y"})

    assert User.objects.get(id=bob.id).check_password("correct horse battery")
    assert told() == [("change:password", {})]


def test_a_deleted_user_leaves_every_organization(organization: Organization) -> None:
    member("ann@shop.example", organization)
    bob = member("bob@shop.example", organization).user

    staff().post(reverse("admin:accounts_user_delete", args=[bob.id]), {"post": "yes"})

    assert not User.objects.filter(id=bob.id).exists()
    assert [action for action, _ in told()] == ["delete:member", "delete:user"]


def test_a_user_who_is_the_last_admin_is_not_deleted(organization: Organization) -> None:
    ann = member("ann@shop.example", organization).user

    staff().post(reverse("admin:accounts_user_delete", args=[ann.id]), {"post": "yes"})

    assert User.objects.filter(id=ann.id).exists()
    assert told() == []


def test_somebody_without_staff_status_does_not_get_in(organization: Organization) -> None:
    user = User.objects.create_user("visitor@shop.example")
    Member.objects.create(organization=organization, user=user, role=Role.ADMIN)

    answer = client_of(user).get(reverse("admin:index"))

    assert answer["Location"].startswith("/admin/login/")


def test_a_user_without_any_organization_sees_an_empty_dashboard(db: None) -> None:
    client = client_of(User.objects.create_user("lost@here.example", is_staff=True))

    body = client.get(reverse("admin:index")).content.decode()

    assert "You are a member of no organization yet: ask an Admin of yours to add you." in body


@pytest.mark.parametrize("others", [[], [Role.READ_ONLY]])
def test_the_last_admin_is_not_deactivated_and_the_form_says_why(
    organization: Organization, others: list[Role]
) -> None:
    ann = member("ann@shop.example", organization).user
    for role in others:
        member("bob@shop.example", organization, role)
    rows = {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}

    address = reverse("admin:accounts_user_change", args=[ann.id])
    answer = staff().post(address, {"email": "ann@shop.example", "is_staff": "on", **rows})

    assert "is the last Admin of Shop and can&#x27;t be deactivated." in answer.content.decode()
    ann.refresh_from_db()
    assert ann.is_active
    assert told() == []


def test_users_with_a_last_admin_among_them_are_not_deleted_from_the_list(organization: Organization) -> None:
    ann = member("ann@shop.example", organization).user
    bob = member("bob@shop.example", organization, Role.READ_ONLY).user
    values = {"action": "delete_selected", "post": "yes", "_selected_action": [bob.pk, ann.pk]}

    staff().post(reverse("admin:accounts_user_changelist"), values)

    assert User.objects.filter(pk__in=[ann.pk, bob.pk]).count() == 2
    assert told() == []
