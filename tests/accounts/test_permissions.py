"""Roles, what they may do, and whose rows they see."""

import re

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.core.permissions import ALL_PERMISSIONS, PERMISSIONS, Role, allows
from accounts.models import Member, Organization, User
from accounts.services.access import may, visible
from integrations.models import Pipeline
from tests.integrations.pipelines import make_pipeline


def test_every_permission_is_a_verb_and_a_noun():
    assert all(re.fullmatch(r"[a-z_]+:[a-z_]+", permission) for permission in ALL_PERMISSIONS)
    assert set().union(*PERMISSIONS.values()) == ALL_PERMISSIONS


def test_read_only_reads_and_nothing_else():
    verbs = {permission.split(":")[0] for permission in PERMISSIONS[Role.READ_ONLY]}

    assert verbs == {"read", "preview"}


def test_integration_managers_configure_but_publish_nothing():
    assert allows(Role.INTEGRATION_MANAGER, "update:destination")
    assert not allows(Role.INTEGRATION_MANAGER, "publish:destination")


def test_event_contents_need_the_grant():
    assert not allows(Role.INTEGRATION_MANAGER, "read:events")
    assert allows(Role.INTEGRATION_MANAGER, "read:events", granted=frozenset({"read:events"}))


@pytest.mark.django_db
def test_a_member_sees_and_does_in_their_own_organization_only():
    mine, other = make_pipeline(), make_pipeline()
    user = User.objects.create_user("jo@acme.example")
    Member.objects.create(user=user, organization=mine.organization, role=Role.ADMIN)

    assert list(visible(Pipeline.objects.all(), user, "read:pipeline", "organization_id")) == [mine]
    assert may(user, "update:pipeline", mine.organization_id)
    assert not may(user, "update:pipeline", other.organization_id)


@pytest.mark.django_db
def test_strangers_and_the_inactive_may_nothing():
    pipeline = make_pipeline()
    user = User.objects.create_user("jo@acme.example", is_active=False)
    Member.objects.create(user=user, organization=pipeline.organization, role=Role.ADMIN)

    assert not may(user, "read:pipeline", pipeline.organization_id)
    assert not may(AnonymousUser(), "read:pipeline")


@pytest.mark.django_db
def test_staff_of_the_installation_see_all():
    make_pipeline(), make_pipeline()
    staff = User.objects.create_superuser("ops@acme.example")

    assert visible(Pipeline.objects.all(), staff, "read:pipeline", "organization_id").count() == 2


@pytest.mark.django_db
def test_an_address_signs_in_whatever_its_case(client):
    User.objects.create_user("Jo@Acme.example", "correct horse battery", is_staff=True)

    assert client.login(username="JO@acme.EXAMPLE", password="correct horse battery")


@pytest.mark.django_db
def test_a_user_is_one_member_of_an_organization():
    from django.db import IntegrityError, transaction

    organization = Organization.objects.create(name="Acme", slug="acme")
    user = User.objects.create_user("jo@acme.example")
    Member.objects.create(user=user, organization=organization)

    with pytest.raises(IntegrityError), transaction.atomic():
        Member.objects.create(user=user, organization=organization)
