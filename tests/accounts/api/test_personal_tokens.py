"""Personal tokens by API: everybody's own, and never more than their user."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.core.permissions import Role
from accounts.models import ApiToken, AuditEntry
from accounts.services.members import remove
from tests.accounts.api.calls import BY, Api, add_member, api_of, codes, signed_in, token_of

NEW = {"name": "Laptop", "scopes": ["read:delivery"]}


@pytest.fixture
def ann(organization):
    return add_member(organization, "ann@shop.example", Role.READ_ONLY)


@pytest.fixture
def bob(organization):
    return add_member(organization, "bob@shop.example", Role.ADMIN)


def personal(member, *scopes, **options):
    return Api(token_of(member.organization, *scopes, user=member.user, **options))


def test_a_reader_makes_lists_and_revokes_a_token_of_their_own(organization, ann):
    session = signed_in(ann.user)

    made = session.post("personal-tokens", NEW)

    assert (made.status_code, made.json()["user"]) == (201, "ann@shop.example")
    assert Api(made.json()["token"]).get("me").json()["organizations"][0]["permissions"] == ["read:delivery"]
    assert [one["name"] for one in session.get("personal-tokens").json()["results"]] == ["Laptop"]
    assert session.delete(f"personal-tokens/{made.json()['id']}").status_code == 204
    assert Api(made.json()["token"]).get("me").status_code == 401
    assert AuditEntry.objects.get(action="create:token").changes == {
        "scopes": [None, ["read:delivery"]],
        "user": [None, "ann@shop.example"],
    }


def test_it_has_no_scope_that_its_user_has_not(organization, ann):
    refused = signed_in(ann.user).post("personal-tokens", {**NEW, "scopes": ["create:token"]})

    assert codes(refused) == {"#/scopes": "invalid"}
    assert not ApiToken.objects.exists()


def test_it_is_for_an_organization_of_the_user(other, ann):
    refused = signed_in(ann.user).post("personal-tokens", {**NEW, "organization": str(other.pk)})

    assert codes(refused) == {"#/organization": "does_not_exist"}


def test_nobody_sees_or_revokes_another_members(bob, ann):
    token_of(ann.organization, "read:audit", user=ann.user)
    row = ApiToken.objects.get()
    session = signed_in(bob.user)

    assert session.get("personal-tokens").json()["results"] == []
    assert session.delete(f"personal-tokens/{row.pk}").status_code == 404
    row.refresh_from_db()
    assert row.revoked_at is None


def test_a_stolen_one_makes_no_more_and_sees_only_itself(ann):
    token_of(ann.organization, "read:audit", user=ann.user)
    sibling = ApiToken.objects.get()
    stolen = personal(ann, "read:delivery")

    assert stolen.post("personal-tokens", NEW).status_code == 403
    assert len(stolen.get("personal-tokens").json()["results"]) == 1
    assert stolen.delete(f"personal-tokens/{sibling.pk}").status_code == 404
    assert ApiToken.objects.filter(revoked_at=None).count() == 2


def test_one_with_the_permission_makes_another(bob):
    maker = personal(bob, "create:token", "read:delivery")

    assert maker.post("personal-tokens", NEW).json()["user"] == "bob@shop.example"


def test_an_organizations_token_has_none(api):
    assert api.get("personal-tokens").json()["results"] == []
    assert api.post("personal-tokens", NEW).status_code == 409


def test_it_does_not_come_back_with_its_user(organization, ann, bob):
    client = personal(ann, "read:delivery")
    remove(BY, ann)
    again = add_member(organization, "x@shop.example", Role.ADMIN)
    again.user = ann.user
    again.save()

    assert client.get("me").status_code == 401
    assert ApiToken.objects.get().revoked_at is not None
    assert AuditEntry.objects.filter(action="revoke:token").count() == 1


@pytest.mark.parametrize("path", ["tokens", "personal-tokens"])
def test_a_token_makes_none_that_outlives_it(bob, path):
    ends = timezone.now() + timedelta(hours=1)
    maker = personal(bob, "create:token", "read:delivery", expires_at=ends)
    later = {**NEW, "expires_at": (ends + timedelta(seconds=1)).isoformat()}

    assert codes(maker.post(path, later)) == {"#/expires_at": "invalid"}
    assert codes(maker.post(path, {**NEW, "expires_at": None})) == {"#/expires_at": "invalid"}
    assert maker.post(path, NEW).status_code == 201
    assert ApiToken.objects.filter(name="Laptop", expires_at=ends).count() == 1


def test_an_organizations_token_may_not_name_a_user(organization, api, ann):
    assert codes(api.post("tokens", {**NEW, "user": "ann@shop.example"})) == {"#/user": "unknown"}
    assert api_of(organization).get("personal-tokens").status_code == 200
