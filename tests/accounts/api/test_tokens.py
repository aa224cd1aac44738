"""Tokens by API."""

from datetime import timedelta

from django.utils import timezone

from accounts.core.permissions import Role
from accounts.models import ApiToken, AuditEntry
from tests.accounts.api.calls import Api, add_member, api_of, codes, signed_in, token_of


def test_a_token_is_told_once(organization, api):
    answer = api.post("tokens", {"name": "CI", "scopes": ["read:organization"]})

    body = answer.json()
    assert answer.status_code == 201
    assert body["token"].startswith(body["prefix"])
    assert Api(body["token"]).get("me").status_code == 200
    shown = api.get(f"tokens/{body['id']}")
    assert "token" not in shown.json()
    assert body["token"] not in shown.content.decode() + api.get("tokens").content.decode()


def test_it_belongs_to_the_organization_of_its_maker(organization, api):
    body = api.post("tokens", {"name": "CI", "scopes": ["read:audit"]}).json()

    assert body["organization"] == str(organization.pk)
    assert (body["user"], body["revoked_at"]) == (None, None)
    entry = AuditEntry.objects.filter(action="create:token").latest("id")
    assert (entry.actor_kind, entry.organization_id) == ("token", organization.pk)


def test_nobody_gives_what_they_do_not_have(organization):
    narrow = api_of(organization, "create:token", "read:token")

    answer = narrow.post("tokens", {"name": "wide", "scopes": ["read:token", "read:events"]})

    assert codes(answer) == {"#/scopes": "invalid"}
    assert answer.json()["detail"] == "You can't give what you don't have: read:events."
    assert not ApiToken.objects.filter(name="wide").exists()


def test_a_token_needs_scopes(api):
    assert codes(api.post("tokens", {"name": "none", "scopes": []})) == {"#/scopes": "empty"}
    assert codes(api.post("tokens", {"name": "none"})) == {"#/scopes": "required"}
    assert not ApiToken.objects.filter(name="none").exists()


def test_a_token_expires_in_time_to_come(api):
    later = timezone.now() + timedelta(days=1)
    fields = {"name": "t", "scopes": ["read:audit"]}

    refused = api.post("tokens", {**fields, "expires_at": timezone.now().isoformat()})
    made = api.post("tokens", {**fields, "expires_at": later.isoformat()})

    assert codes(refused) == {"#/expires_at": "invalid"}
    assert (made.status_code, ApiToken.objects.get(name="t").expires_at) == (201, later)


def test_no_token_for_another_organization(other, api):
    answer = api.post("tokens", {"name": "t", "scopes": ["read:audit"], "organization": str(other.pk)})

    assert codes(answer) == {"#/organization": "does_not_exist"}
    assert not ApiToken.objects.filter(organization=other).exists()


def test_a_revoked_token_is_refused_and_stays_listed(organization, api):
    made = api.post("tokens", {"name": "CI", "scopes": ["read:organization"]}).json()

    assert api.delete(f"tokens/{made['id']}").status_code == 204

    assert Api(made["token"]).get("me").status_code == 401
    assert api.get(f"tokens/{made['id']}").json()["revoked_at"] is not None
    assert [one["name"] for one in api.get("tokens?revoked=true").json()["results"]] == ["CI"]
    assert [one["name"] for one in api.get("tokens?revoked=false").json()["results"]] == ["test"]
    assert AuditEntry.objects.filter(action="revoke:token").count() == 1


def test_revoking_needs_its_own_permission(organization, api):
    made = api.post("tokens", {"name": "CI", "scopes": ["read:audit"]}).json()

    answer = api_of(organization, "read:token", "create:token").delete(f"tokens/{made['id']}")

    assert (answer.status_code, answer.json()["detail"]) == (403, "This needs the permission revoke:token.")
    assert ApiToken.objects.get(pk=made["id"]).revoked_at is None


def test_tokens_of_others_are_not_there(other, api):
    token_of(other)
    stranger = ApiToken.objects.get(organization=other)

    assert api.get(f"tokens/{stranger.pk}").status_code == 404
    assert api.delete(f"tokens/{stranger.pk}").status_code == 404
    assert ApiToken.objects.get(pk=stranger.pk).revoked_at is None


def test_an_admin_makes_a_token_in_the_session(organization):
    session = signed_in(add_member(organization, "ann@shop.example").user)

    body = session.post("tokens", {"name": "CI", "scopes": ["read:audit"]}).json()

    assert body["created_by"] == "ann@shop.example"


def test_a_reader_sees_no_tokens(organization):
    session = signed_in(add_member(organization, "bob@shop.example", Role.READ_ONLY).user)

    assert session.get("tokens").status_code == 403
