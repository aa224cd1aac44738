"""Members and invitations by API."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.core.permissions import Role
from accounts.models import AuditEntry, Invitation, Member
from tests.accounts.api.calls import add_member, api_of, codes, signed_in


@pytest.fixture
def ann(organization):
    return add_member(organization, "ann@shop.example")


@pytest.fixture
def bob(organization):
    return add_member(organization, "bob@shop.example", Role.READ_ONLY)


def audited(action):
    return AuditEntry.objects.filter(action=action).count()


def test_a_list_shows_who_is_there(organization, other, api, ann, bob):
    add_member(other, "eve@other.example")

    rows = api.get("members").json()["results"]

    assert [(one["email"], one["role"]) for one in rows] == [
        ("bob@shop.example", "read_only"),
        ("ann@shop.example", "admin"),
    ]
    assert rows[0]["organization"] == str(organization.pk)


def test_a_list_by_role_and_address(api, ann, bob):
    assert [one["id"] for one in api.get("members?role=admin").json()["results"]] == [ann.pk]
    assert [one["id"] for one in api.get("members?email=BOB@shop.example").json()["results"]] == [bob.pk]


def test_a_role_is_changed(api, ann, bob):
    answer = api.patch(f"members/{bob.pk}", {"role": "integration_manager"})

    assert (answer.status_code, answer.json()["role"]) == (200, "integration_manager")
    entry = AuditEntry.objects.get(action="update:member")
    assert entry.changes == {"role": ["read_only", "integration_manager"]}


def test_the_grant_is_given_and_taken(api, bob):
    given = api.patch(f"members/{bob.pk}", {"can_read_events": True}).json()
    taken = api.patch(f"members/{bob.pk}", {"can_read_events": False}).json()

    assert (given["can_read_events"], taken["can_read_events"]) == (True, False)
    assert audited("update:member") == 2


def test_an_unknown_role_is_refused(api, bob):
    assert codes(api.patch(f"members/{bob.pk}", {"role": "king"})) == {"#/role": "invalid_choice"}
    assert Member.objects.get(pk=bob.pk).role == Role.READ_ONLY


def test_the_organization_of_a_member_stays(other, api, bob):
    answer = api.patch(f"members/{bob.pk}", {"organization": str(other.pk)})

    assert codes(answer) == {"#/organization": "unknown"}


def test_a_member_is_removed(api, ann, bob):
    assert api.delete(f"members/{bob.pk}").status_code == 204

    assert not Member.objects.filter(pk=bob.pk).exists()
    assert audited("delete:member") == 1
    assert api.get(f"members/{bob.pk}").status_code == 404


def test_the_last_admin_stays(api, ann):
    demoted = api.patch(f"members/{ann.pk}", {"role": "read_only"})
    removed = api.delete(f"members/{ann.pk}")

    assert codes(demoted) == codes(removed) == {"#": "invalid"}
    assert demoted.json()["detail"] == (
        "ann@shop.example is the last Admin of Shop and can't be demoted. Make another member Admin first."
    )
    assert Member.objects.get(pk=ann.pk).role == Role.ADMIN
    assert audited("update:member") == audited("delete:member") == 0


def test_a_change_in_part_refused_is_refused_whole(api, ann):
    answer = api.patch(f"members/{ann.pk}", {"role": "read_only", "can_read_events": True})

    assert answer.status_code == 400
    assert Member.objects.get(pk=ann.pk).can_read_events is False


def test_members_of_others_are_not_there(other, api):
    eve = add_member(other, "eve@other.example")

    for answer in (
        api.get(f"members/{eve.pk}"),
        api.patch(f"members/{eve.pk}", {"role": "read_only"}),
        api.delete(f"members/{eve.pk}"),
    ):
        assert answer.status_code == 404
    assert Member.objects.get(pk=eve.pk).role == Role.ADMIN


def test_a_narrow_token_makes_nobody_an_admin(organization, bob):
    narrow = api_of(organization, "read:member", "update:member", "create:member")

    for answer in (
        narrow.patch(f"members/{bob.pk}", {"role": "admin"}),
        narrow.post("invitations", {"email": "eve@shop.example", "role": "admin"}),
    ):
        assert codes(answer) == {"#/role": "invalid"}
        assert answer.json()["detail"].startswith("You can't give what you don't have: ")
    assert codes(narrow.patch(f"members/{bob.pk}", {"can_read_events": True})) == {
        "#/can_read_events": "invalid"
    }
    assert Member.objects.get(pk=bob.pk).role == Role.READ_ONLY
    assert not Invitation.objects.exists()


# --- Invitations --------------------------------------------------------------------------------------
def test_an_invitation_gives_its_link_once(api, organization):
    answer = api.post("invitations", {"email": "New@shop.example", "role": "read_only"})

    body = answer.json()
    assert answer.status_code == 201
    assert (body["email"], body["organization"]) == ("new@shop.example", str(organization.pk))
    assert body["link"].startswith("http://127.0.0.1:8000/join/")
    assert "link" not in api.get(f"invitations/{body['id']}").json()
    assert audited("create:invitation") == 1


def test_the_link_leads_to_the_invitation(api):
    link = api.post("invitations", {"email": "new@shop.example", "role": "read_only"}).json()["link"]

    page = Client().get(link.removeprefix("http://127.0.0.1:8000"))

    assert page.status_code == 200


def test_whoever_is_a_member_is_not_invited(api, ann):
    answer = api.post("invitations", {"email": "ann@shop.example", "role": "read_only"})

    assert codes(answer) == {"#/email": "invalid"}
    assert not Invitation.objects.exists()


def test_nobody_is_invited_to_an_organization_of_others(other, api):
    named = api.post("invitations", {"email": "a@b.example", "role": "admin", "organization": str(other.pk)})
    unknown = api.post(
        "invitations",
        {"email": "a@b.example", "role": "admin", "organization": "00000000-0000-0000-0000-000000000000"},
    )

    assert named.status_code == unknown.status_code == 400
    assert named.json()["errors"] == unknown.json()["errors"]
    assert codes(named) == {"#/organization": "does_not_exist"}
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("given", ["nonsense", 1, None, ["x"], {"id": 1}, True])
def test_an_organization_that_is_none(api, given):
    answer = api.post("invitations", {"email": "a@b.example", "role": "admin", "organization": given})

    assert answer.status_code == 400
    assert list(codes(answer)) == ["#/organization"]


def test_who_is_admin_of_two_names_the_organization(organization, other, ann):
    other.members.create(user=ann.user, role=Role.ADMIN)
    session = signed_in(ann.user)
    invitation = {"email": "a@b.example", "role": "admin"}

    assert codes(session.post("invitations", invitation)) == {"#/organization": "required"}
    made = session.post("invitations", {**invitation, "organization": str(other.pk)})
    assert (made.status_code, made.json()["organization"]) == (201, str(other.pk))


def test_who_is_admin_of_one_of_two_need_not_name_it(organization, other, ann):
    other.members.create(user=ann.user, role=Role.READ_ONLY)
    session = signed_in(ann.user)
    invitation = {"email": "a@b.example", "role": "admin"}

    assert session.post("invitations", invitation).json()["organization"] == str(organization.pk)
    refused = session.post("invitations", {**invitation, "organization": str(other.pk)})
    assert codes(refused) == {"#/organization": "does_not_exist"}


def test_an_open_invitation_is_withdrawn(api):
    made = api.post("invitations", {"email": "new@shop.example", "role": "read_only"}).json()

    assert api.delete(f"invitations/{made['id']}").status_code == 204

    assert not Invitation.objects.exists()
    assert audited("delete:invitation") == 1
    assert Client().get(made["link"].removeprefix("http://127.0.0.1:8000")).status_code == 410


@pytest.mark.parametrize("past", [{"accepted_at": timezone.now()}, {"expires_at": timezone.now()}])
def test_a_closed_invitation_stays(api, past):
    made = api.post("invitations", {"email": "new@shop.example", "role": "read_only"}).json()
    Invitation.objects.update(**past)

    answer = api.delete(f"invitations/{made['id']}")

    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert Invitation.objects.count() == 1


def test_a_list_of_open_ones(api):
    for name in ("old", "new"):
        api.post("invitations", {"email": f"{name}@shop.example", "role": "read_only"})
    Invitation.objects.filter(email="old@shop.example").update(expires_at=timezone.now() - timedelta(1))

    def listed(query):
        return [one["email"] for one in api.get(f"invitations{query}").json()["results"]]

    assert listed("") == ["new@shop.example", "old@shop.example"]
    assert listed("?open=true") == ["new@shop.example"]
    assert listed("?open=false") == ["old@shop.example"]


def test_readers_do_not_invite(organization):
    reader = api_of(organization, "read:member")

    assert reader.post("invitations", {"email": "a@b.example", "role": "read_only"}).status_code == 403
    assert not Invitation.objects.exists()
