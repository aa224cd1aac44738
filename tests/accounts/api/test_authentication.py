"""Who gets in, and that a token stops working when it should."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.core.permissions import Role
from accounts.models import ApiToken, AuditEntry, Organization, User
from accounts.services.tokens import issue_token, revoke_token
from tests.accounts.api.calls import BY, Api, add_member, api_of, token_of

REFUSED = "This token is malformed, unknown, revoked or expired. Ask an Admin for a new one."


def refused(token):
    response = Api(token).get("me")
    assert (response.status_code, response.json()["detail"]) == (401, REFUSED)
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="s2sadmin"'
    return response.json()


def personal(organization, email="ann@shop.example", role=Role.ADMIN, scopes=("update:organization",)):
    member = add_member(organization, email, role)
    _, text = issue_token(
        BY, organization, name="mine", scopes={"read:organization", *scopes}, user=member.user
    )
    return member, text


def test_a_token_stands_for_its_organization(organization, api):
    answer = api.get("me")

    assert answer.status_code == 200
    assert [one["slug"] for one in answer.json()["organizations"]] == ["shop"]


def test_without_a_token_it_says_how_to_send_one(db):
    answer = Api().get("me")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Bearer realm="s2sadmin"'
    assert answer.json()["code"] == "not_authenticated"
    assert answer.json()["detail"] == "Send the header `Authorization: Bearer s2s_...` with an API token."


def test_basic_authentication_is_no_way_in(organization):
    User.objects.create_user("ann@shop.example", "correct horse", is_superuser=True)

    assert Api(Authorization="Basic YW5uQHNob3AuZXhhbXBsZTpjb3JyZWN0IGhvcnNl").get("me").status_code == 401


@pytest.mark.parametrize("token", ["x", "s2s_", "s2s_aaaaaaaa_" + "a" * 40, "s2s_aaaaaaaa_" + "ä" * 40])
def test_a_malformed_token_is_refused(db, token):
    refused(token)


def test_an_unknown_token_is_refused(organization):
    text = token_of(organization)
    ApiToken.objects.all().delete()

    refused(text)


def test_a_stolen_prefix_is_not_enough(organization):
    ours, theirs = token_of(organization), token_of(organization)
    ApiToken.objects.filter(prefix=ours[4:12]).update(digest=b"x" * 32)

    refused(ours)
    assert Api(theirs).get("me").status_code == 200


def test_a_revoked_token_is_refused_at_once(organization):
    token, text = issue_token(BY, organization, name="t", scopes={"read:organization"})
    assert Api(text).get("me").status_code == 200

    revoke_token(BY, token)

    refused(text)


def test_an_expired_token_is_refused(organization):
    text = token_of(organization, expires_at=timezone.now() + timedelta(hours=1))
    assert Api(text).get("me").status_code == 200

    ApiToken.objects.update(expires_at=timezone.now())

    refused(text)


def test_every_refused_token_gets_the_same_answer(organization):
    token, revoked = issue_token(BY, organization, name="t", scopes={"read:organization"})
    revoke_token(BY, token)
    expired = token_of(organization, expires_at=timezone.now() - timedelta(seconds=1))

    assert refused(revoked) == refused(expired) == refused("nonsense")


def test_a_personal_token_shrinks_with_its_user(organization):
    member, text = personal(organization)
    assert Api(text).patch(f"organizations/{organization.pk}", {"name": "New"}).status_code == 200

    member.role = Role.READ_ONLY
    member.save()

    answer = Api(text).patch(f"organizations/{organization.pk}", {"name": "Newer"})
    assert (answer.status_code, answer.json()["code"]) == (403, "permission_denied")
    organization.refresh_from_db()
    assert organization.name == "New"


def test_a_personal_token_of_an_inactive_user_is_refused(organization):
    member, text = personal(organization)
    User.objects.filter(pk=member.user_id).update(is_active=False)

    refused(text)


def test_a_personal_token_of_somebody_who_left_is_refused(organization):
    member, text = personal(organization)
    member.delete()

    refused(text)


def test_a_personal_token_does_not_carry_to_the_users_other_organization(organization, other):
    member, text = personal(organization)
    other.members.create(user=member.user, role=Role.ADMIN)

    assert Api(text).get(f"organizations/{other.pk}").status_code == 404


def test_a_personal_token_of_staff_is_not_staff(organization, other):
    user = User.objects.create_superuser("root@here.example")
    organization.members.create(user=user, role=Role.READ_ONLY)
    _, text = issue_token(BY, organization, name="t", scopes={"read:organization"}, user=user)

    assert Api(text).get(f"organizations/{organization.pk}").status_code == 200
    assert Api(text).get(f"organizations/{other.pk}").status_code == 404


def test_a_token_of_one_organization_finds_nothing_of_another(other, api):
    answer = api.patch(f"organizations/{other.pk}", {"name": "Mine now"})

    assert answer.status_code == 404
    assert Organization.objects.get(pk=other.pk).name == "Other"


def test_a_token_without_the_scope_is_told_which_one(organization):
    answer = api_of(organization, "read:organization").patch(
        f"organizations/{organization.pk}", {"name": "New"}
    )

    assert answer.status_code == 403
    assert answer.json()["detail"] == "This needs the permission update:organization."
    assert Organization.objects.get(pk=organization.pk).name == "Shop"
    assert not AuditEntry.objects.filter(action="update:organization").exists()


def test_what_a_token_does_is_audited_with_its_name_and_address(organization, api):
    api.patch(f"organizations/{organization.pk}", {"name": "New"})

    entry = AuditEntry.objects.get(action="update:organization")
    assert (entry.actor_kind, entry.address, entry.is_staff) == ("token", "127.0.0.1", False)
    assert entry.changes == {"name": ["Shop", "New"]}


def signed_in(organization, **options):
    client = Client(**options)
    client.force_login(add_member(organization, "ann@shop.example").user)
    return client


def test_the_admins_session_reads(organization):
    answer = Api(client=signed_in(organization)).get("me")

    assert (answer.json()["kind"], answer.json()["label"]) == ("user", "ann@shop.example")


def test_a_session_writes_with_its_csrf_token_only(organization):
    client = signed_in(organization, enforce_csrf_checks=True)
    path = f"organizations/{organization.pk}"
    client.get("/api/v1/docs/?script=")
    token = client.cookies["csrftoken"].value

    refused = Api(client=client).patch(path, {"name": "New"})
    assert (refused.status_code, refused.headers["Content-Type"]) == (403, "application/problem+json")
    assert Organization.objects.get(pk=organization.pk).name == "Shop"

    assert Api(client=client, **{"X-CSRFToken": token}).patch(path, {"name": "New"}).status_code == 200


def test_a_bad_token_is_refused_even_with_a_session(organization):
    client = signed_in(organization)

    assert Api("nonsense", client=client).get("me").status_code == 401
