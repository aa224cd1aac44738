"""Members: who is protected, and what the audit log says."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from accounts.core.permissions import Role
from accounts.core.principal import system
from accounts.models import AuditEntry, Member, Organization, User
from accounts.services.members import change_role, grant_event_reading, remove

BY = system("test")


@pytest.fixture
def organization(db: None) -> Organization:
    return Organization.objects.create(name="Shop", slug="shop")


def member(email: str, organization: Organization, role: Role = Role.ADMIN, **fields: bool) -> Member:
    user = User.objects.create_user(email, is_staff=True, **fields)
    return Member.objects.create(organization=organization, user=user, role=role)


def test_a_role_is_changed_and_told(organization: Organization) -> None:
    bob = member("bob@shop.example", organization, Role.READ_ONLY)

    change_role(BY, bob, Role.DEPLOYMENT_MANAGER)

    bob.refresh_from_db()
    entry = AuditEntry.objects.get()
    assert bob.role == "deployment_manager"
    assert (entry.actor, entry.action, entry.organization_id) == ("test", "update:member", organization.id)
    assert (entry.target_type, entry.target) == ("member", "bob@shop.example in Shop")
    assert entry.changes == {"role": ["read_only", "deployment_manager"]}


def test_the_same_role_again_writes_nothing(organization: Organization) -> None:
    change_role(BY, member("bob@shop.example", organization, Role.READ_ONLY), Role.READ_ONLY)

    assert AuditEntry.objects.count() == 0


def test_the_grant_to_read_events_is_given_and_taken(organization: Organization) -> None:
    bob = member("bob@shop.example", organization, Role.READ_ONLY)

    grant_event_reading(BY, bob, True)
    grant_event_reading(BY, bob, False)

    changes = list(AuditEntry.objects.order_by("id").values_list("changes", flat=True))
    assert changes == [{"can_read_events": [False, True]}, {"can_read_events": [True, False]}]
    assert not Member.objects.get().can_read_events


def test_a_removed_member_is_gone_and_the_user_stays(organization: Organization) -> None:
    member("ann@shop.example", organization)
    bob = member("bob@shop.example", organization, Role.INTEGRATION_MANAGER)

    remove(BY, bob)

    entry = AuditEntry.objects.get()
    assert User.objects.filter(email="bob@shop.example").exists()
    assert list(Member.objects.values_list("user__email", flat=True)) == ["ann@shop.example"]
    assert (entry.action, entry.target) == ("delete:member", "bob@shop.example in Shop")
    assert entry.changes == {"role": ["integration_manager", None], "can_read_events": [False, None]}


def test_the_last_admin_is_not_demoted(organization: Organization) -> None:
    ann = member("ann@shop.example", organization)

    with pytest.raises(ValidationError) as refusal:
        change_role(BY, ann, Role.READ_ONLY)

    assert refusal.value.messages == [
        "ann@shop.example is the last Admin of Shop and can't be demoted. Make another member Admin first."
    ]
    assert Member.objects.get().role == "admin"
    assert AuditEntry.objects.count() == 0


def test_the_last_admin_is_not_removed(organization: Organization) -> None:
    ann = member("ann@shop.example", organization)
    member("bob@shop.example", organization, Role.READ_ONLY)

    with pytest.raises(ValidationError, match="is the last Admin of Shop and can't be removed"):
        remove(BY, ann)

    assert Member.objects.count() == 2
    assert AuditEntry.objects.count() == 0


def test_an_admin_who_is_switched_off_does_not_count(organization: Organization) -> None:
    ann = member("ann@shop.example", organization)
    member("off@shop.example", organization, is_active=False)

    with pytest.raises(ValidationError, match="last Admin"):
        remove(BY, ann)

    assert Member.objects.count() == 2


def test_one_of_two_admins_goes(organization: Organization) -> None:
    ann = member("ann@shop.example", organization)
    member("bob@shop.example", organization)

    remove(BY, ann)

    assert list(Member.objects.values_list("user__email", flat=True)) == ["bob@shop.example"]


def test_an_admin_of_another_organization_does_not_count(organization: Organization) -> None:
    ann = member("ann@shop.example", organization)
    member("eve@other.example", Organization.objects.create(name="Other", slug="other"))

    with pytest.raises(ValidationError, match="last Admin of Shop"):
        change_role(BY, ann, Role.DEPLOYMENT_MANAGER)

    assert Member.objects.get(pk=ann.pk).role == "admin"


def test_a_stale_copy_does_not_get_round_the_protection(organization: Organization) -> None:
    """Two Admins demote each other, each still seeing both as Admins."""
    ann, bob = member("ann@shop.example", organization), member("bob@shop.example", organization)
    stale = Member.objects.get(pk=bob.pk)
    change_role(BY, ann, Role.READ_ONLY)

    with pytest.raises(ValidationError, match=r"bob@shop\.example is the last Admin"):
        change_role(BY, stale, Role.READ_ONLY)

    assert Member.objects.get(pk=bob.pk).role == "admin"
