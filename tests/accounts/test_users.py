"""Users and organizations are made, changed and removed by services, which tell the audit log."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError

from accounts.core.permissions import Role
from accounts.core.principal import system
from accounts.models import AuditEntry, Member, Organization, User
from accounts.services.organizations import create_organization, remove_organization
from accounts.services.users import change_user, create_user, remove_user
from tests.integrations.pipelines import make_pipeline

BY = system("a test")
pytestmark = pytest.mark.django_db


def admin_of(*places: Organization, email: str = "ann@shop.example") -> User:
    user = User.objects.create_user(email, is_staff=True)
    for place in places:
        Member.objects.create(organization=place, user=user, role=Role.ADMIN)
    return user


def told() -> list[tuple[str, object]]:
    return list(AuditEntry.objects.order_by("id").values_list("action", "organization_id"))


def test_a_new_user_has_an_address_in_one_spelling_and_no_password_in_the_log() -> None:
    user = User(email=" Ann@Shop.Example ")
    user.set_password("correct horse battery")

    create_user(BY, user)

    assert User.objects.get().email == "ann@shop.example"
    assert told() == [("create:user", None)]
    assert "password" not in AuditEntry.objects.get().changes


def test_an_address_is_taken_whatever_its_case() -> None:
    admin_of()

    with pytest.raises(ValidationError):
        create_user(BY, User(email="ANN@shop.example", password="!"))

    assert told() == []


def test_a_user_is_not_deactivated_while_one_organization_has_no_other_admin() -> None:
    first, second = (Organization.objects.create(name=name, slug=name) for name in ("one", "two"))
    ann = admin_of(first, second)
    admin_of(first, email="bob@shop.example")

    with pytest.raises(ValidationError, match="last Admin of two"):
        change_user(BY, ann, {"is_active": False})
    admin_of(second, email="eve@shop.example")
    change_user(BY, ann, {"is_active": False})

    assert not User.objects.get(pk=ann.pk).is_active
    assert told() == [("update:user", first.id), ("update:user", second.id)]


def test_an_admin_who_is_switched_off_does_not_count_as_another() -> None:
    place = Organization.objects.create(name="one", slug="one")
    ann, bob = admin_of(place), admin_of(place, email="bob@shop.example")
    change_user(BY, bob, {"is_active": False})

    with pytest.raises(ValidationError, match="last Admin"):
        change_user(BY, ann, {"is_active": False})
    with pytest.raises(ValidationError, match="last Admin"):
        remove_user(BY, ann)

    assert Member.objects.filter(user=ann).exists()


def test_what_others_changed_of_a_user_meanwhile_stays() -> None:
    stale = admin_of()
    User.objects.update(last_name="Shopper")

    change_user(BY, stale, {"first_name": "Ann"})

    assert User.objects.values_list("first_name", "last_name").get() == ("Ann", "Shopper")


def test_an_organization_is_made_and_removed_and_its_log_stays() -> None:
    made = create_organization(BY, name="Shop", slug="shop")
    key = made.pk

    remove_organization(BY, made)

    assert not Organization.objects.exists()
    assert told() == [("create:organization", key), ("delete:organization", key)]


def test_an_organization_with_pipelines_stays() -> None:
    organization = make_pipeline().organization

    with pytest.raises(ValidationError, match="still has pipelines"):
        remove_organization(BY, organization)

    assert Organization.objects.filter(pk=organization.pk).exists()
    assert not AuditEntry.objects.filter(action="delete:organization").exists()
