"""Entity tags: nobody overwrites what they have not seen."""

import threading

import pytest
from django.db import connection

from accounts.models import ApiToken, AuditEntry, Organization
from tests.accounts.api.calls import Api, api_of, token_of


@pytest.fixture
def path(organization):
    return f"organizations/{organization.pk}"


def test_the_same_state_has_the_same_tag(api, path):
    first, second = api.get(path), api.get(path)

    assert first.headers["ETag"] == second.headers["ETag"]
    assert first.headers["ETag"].startswith('"')


def test_a_write_answers_with_the_new_tag(api, path):
    before = api.get(path).headers["ETag"]

    answer = api.patch(path, {"name": "New"})

    assert answer.headers["ETag"] != before
    assert answer.headers["ETag"] == api.get(path).headers["ETag"]


def test_a_write_of_the_seen_state_goes_through(api, path):
    assert api.patch(path, {"name": "New"}, If_Match=api.get(path).headers["ETag"]).status_code == 200


@pytest.mark.parametrize("tag", ['"other"', 'W/"other"', "nonsense", ""])
def test_a_write_of_another_state_is_refused(api, path, tag):
    answer = api.patch(path, {"name": "New"}, If_Match=tag)

    assert (answer.status_code, answer.json()["code"]) == (412, "changed")
    assert Organization.objects.get(slug="shop").name == "Shop"
    assert not AuditEntry.objects.filter(action="update:organization").exists()


def test_a_weak_tag_matches_no_write(api, path):
    tag = api.get(path).headers["ETag"]

    assert api.patch(path, {"name": "New"}, If_Match=f"W/{tag}").status_code == 412


def test_a_star_matches_every_state(api, path):
    assert api.patch(path, {"name": "New"}, If_Match="*").status_code == 200


def test_one_of_several_tags_is_enough(api, path):
    tag = api.get(path).headers["ETag"]

    assert api.patch(path, {"name": "New"}, If_Match=f'"other", {tag}').status_code == 200


def test_a_delete_is_checked_too(organization, api):
    text = api.post("tokens", {"name": "t", "scopes": ["read:audit"]}).json()

    refused = api.delete(f"tokens/{text['id']}", If_Match='"other"')

    assert refused.status_code == 412
    assert ApiToken.objects.get(pk=text["id"]).revoked_at is None


def test_the_tag_of_a_creation_is_the_tag_of_the_row(api):
    made = api.post("tokens", {"name": "t", "scopes": ["read:audit"]})

    assert made.headers["ETag"] == api.get(f"tokens/{made.json()['id']}").headers["ETag"]


def test_what_changes_by_itself_is_not_in_the_tag(organization, api):
    made = api.post("tokens", {"name": "t", "scopes": ["read:audit"]})
    ApiToken.objects.update(last_used_at="2026-01-01T00:00:00Z")

    assert made.headers["ETag"] == api.get(f"tokens/{made.json()['id']}").headers["ETag"]


def test_a_known_state_is_not_sent_again(api, path):
    tag = api.get(path).headers["ETag"]

    answer = api.get(path, If_None_Match=f'"other", W/{tag}')

    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)


def test_an_old_state_is_sent_anew(api, path):
    tag = api.get(path).headers["ETag"]
    api.patch(path, {"name": "New"})

    answer = api.get(path, If_None_Match=tag)

    assert (answer.status_code, answer.json()["name"]) == (200, "New")


def test_no_answer_may_be_kept_by_a_proxy(organization):
    assert api_of(organization, "read:audit").get("audit").headers["Cache-Control"] == "private, no-cache"


def test_of_two_at_the_same_moment_one_is_refused(transactional_db):
    organization = Organization.objects.create(name="Shop", slug="shop")
    text, path = token_of(organization), f"organizations/{organization.pk}"
    tag = Api(text).get(path).headers["ETag"]
    barrier, statuses = threading.Barrier(2), []

    def write(name):
        barrier.wait(10)
        statuses.append(Api(text).patch(path, {"name": name}, If_Match=tag).status_code)
        connection.close()

    threads = [threading.Thread(target=write, args=[name]) for name in ("First", "Second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(statuses) == [200, 412]
    assert AuditEntry.objects.filter(action="update:organization").count() == 1
