"""Organizations by API."""

import pytest

from accounts.core.permissions import Role
from accounts.models import AuditEntry, Organization, User
from tests.accounts.api.calls import Api, add_member, api_of, codes, signed_in


def test_a_token_sees_its_own(organization, other, api):
    names = [one["name"] for one in api.get("organizations").json()["results"]]

    assert names == ["Shop"]


def test_one_organization(organization, api):
    body = api.get(f"organizations/{organization.pk}").json()

    assert set(body) == {"id", "name", "slug", "auto_deploys", "event_days", "attempt_days", "created_at"}
    assert (body["id"], body["slug"]) == (str(organization.pk), "shop")


def test_a_change_is_written_and_audited_by_field(organization, api):
    answer = api.patch(f"organizations/{organization.pk}", {"name": "New", "slug": "new"})

    assert answer.status_code == 200
    assert (answer.json()["name"], answer.json()["slug"]) == ("New", "new")
    entry = AuditEntry.objects.get(action="update:organization")
    assert entry.changes == {"name": ["Shop", "New"], "slug": ["shop", "new"]}


def test_a_change_that_changes_nothing_is_not_audited(organization, api):
    api.patch(f"organizations/{organization.pk}", {"name": "Shop"})

    assert not AuditEntry.objects.filter(action="update:organization").exists()


def test_a_slug_is_taken_once(organization, other, api):
    answer = api.patch(f"organizations/{organization.pk}", {"slug": "other"})

    assert codes(answer) == {"#/slug": "unique"}
    assert Organization.objects.get(pk=organization.pk).slug == "shop"


def test_programs_make_and_delete_none(organization, api):
    assert api.post("organizations", {"name": "X", "slug": "x"}).status_code == 405
    assert api.delete(f"organizations/{organization.pk}").status_code == 405
    assert Organization.objects.count() == 1


@pytest.mark.parametrize("role", [Role.DEPLOYMENT_MANAGER, Role.INTEGRATION_MANAGER, Role.READ_ONLY])
def test_only_admins_change_it(organization, role):
    user = add_member(organization, "ann@shop.example", role).user

    answer = signed_in(user).patch(f"organizations/{organization.pk}", {"name": "New"})

    assert answer.status_code == 403
    assert Organization.objects.get(pk=organization.pk).name == "Shop"


def test_a_member_of_two_changes_what_they_may(organization, other):
    user = add_member(organization, "ann@shop.example").user
    other.members.create(user=user, role=Role.READ_ONLY)
    ann = signed_in(user)

    assert ann.patch(f"organizations/{organization.pk}", {"name": "New"}).status_code == 200
    assert ann.get(f"organizations/{other.pk}").status_code == 200
    assert ann.patch(f"organizations/{other.pk}", {"name": "New"}).status_code == 403
    assert Organization.objects.get(pk=other.pk).name == "Other"


def test_staff_changes_all_and_is_audited_as_staff(organization, other):
    root = signed_in(User.objects.create_superuser("root@here.example"))

    assert len(root.get("organizations").json()["results"]) == 2
    root.patch(f"organizations/{organization.pk}", {"name": "New"})

    assert AuditEntry.objects.get(action="update:organization").is_staff is True


def test_a_list_by_slug(organization, api):
    assert len(api.get("organizations?slug=shop").json()["results"]) == 1
    assert api.get("organizations?slug=other").json()["results"] == []


def test_who_may_not_read_it_does_not_see_it(organization):
    narrow = api_of(organization, "update:organization")

    assert narrow.get("organizations").status_code == 403
    assert narrow.patch(f"organizations/{organization.pk}", {"name": "New"}).status_code == 404


def test_me_tells_the_scopes(organization):
    body = api_of(organization, "read:audit", "read:member").get("me").json()

    assert body["kind"] == "token"
    assert body["label"].startswith("token test (")
    assert body["everywhere"] == []
    assert body["organizations"] == [
        {
            "id": str(organization.pk),
            "name": "Shop",
            "slug": "shop",
            "permissions": ["read:audit", "read:member"],
        }
    ]


def test_the_matrix_is_the_matrix(api):
    rows = {one["permission"]: one for one in api.get("permissions").json()["permissions"]}

    assert rows["publish:destination"]["roles"] == ["admin", "deployment_manager"]
    assert rows["read:events"] == {"permission": "read:events", "roles": ["admin"], "grant": True}
    assert len(rows) > 40


def test_the_matrix_needs_a_token(db):
    assert Api().get("permissions").status_code == 401
