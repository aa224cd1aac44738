"""Idempotency-Key: a repeated write gives the first answer, and writes once."""

import threading
from datetime import timedelta

import pytest
import time_machine
from django.db import connection, transaction
from django.utils import timezone

from accounts.models import ApiToken, AuditEntry, IdempotencyKey, Organization
from accounts.services.idempotency import Asked, begin, drop_old
from accounts.services.tokens import principal_of_token
from tests.accounts.api.calls import Api, api_of, token_of

NEW = {"name": "made by key", "scopes": ["read:audit"]}


def made():
    return ApiToken.objects.filter(name="made by key").count()


def test_a_repeated_write_gives_the_same_bytes_and_writes_once(api):
    first = api.post("tokens", NEW, Idempotency_Key="k-1")
    second = api.post("tokens", NEW, Idempotency_Key="k-1")

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert "Idempotency-Replayed" not in first.headers
    assert second.headers["Idempotency-Replayed"] == "true"
    for name in ("ETag", "Content-Type"):
        assert first.headers[name] == second.headers[name]
    assert (made(), AuditEntry.objects.filter(action="create:token", actor__startswith="token").count()) == (
        1,
        1,
    )


def test_without_a_key_it_is_done_again(api):
    api.post("tokens", NEW)
    api.post("tokens", NEW)

    assert made() == 2
    assert not IdempotencyKey.objects.exists()


def test_the_same_key_for_another_body_is_refused(api):
    api.post("tokens", NEW, Idempotency_Key="k-1")

    answer = api.post("tokens", {**NEW, "name": "another"}, Idempotency_Key="k-1")

    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_used")
    assert not ApiToken.objects.filter(name="another").exists()


def test_the_same_key_for_another_path_is_refused(organization, api):
    api.post("tokens", NEW, Idempotency_Key="k-1")

    assert api.patch(f"organizations/{organization.pk}", NEW, Idempotency_Key="k-1").status_code == 422


def test_patch_and_delete_take_keys_too(organization, api):
    token = api.post("tokens", NEW).json()["id"]

    gone = [api.delete(f"tokens/{token}", Idempotency_Key="gone") for _ in range(2)]
    renamed = [
        api.patch(f"organizations/{organization.pk}", {"name": "New"}, Idempotency_Key="renamed")
        for _ in range(2)
    ]

    assert [one.status_code for one in gone + renamed] == [204, 204, 200, 200]
    assert [one.headers.get("Idempotency-Replayed") for one in gone + renamed] == [None, "true"] * 2
    assert gone[0].headers.get("Content-Type") == gone[1].headers.get("Content-Type")
    assert AuditEntry.objects.filter(action="revoke:token").count() == 1


def test_the_answer_is_that_of_the_first_time(organization, api):
    path = f"organizations/{organization.pk}"
    first = api.patch(path, {"name": "First"}, Idempotency_Key="k-1")
    api.patch(path, {"name": "Second"})

    again = api.patch(path, {"name": "First"}, Idempotency_Key="k-1")

    assert again.content == first.content
    assert Organization.objects.get(pk=organization.pk).name == "Second"


def test_a_refused_write_leaves_its_key_free(api):
    refused = api.post("tokens", {**NEW, "scopes": ["fly:moon"]}, Idempotency_Key="k-1")
    accepted = api.post("tokens", NEW, Idempotency_Key="k-1")

    assert (refused.status_code, accepted.status_code) == (400, 201)


def test_another_token_has_keys_of_its_own(organization, api):
    ours = api.post("tokens", NEW, Idempotency_Key="k-1")
    theirs = api_of(organization).post("tokens", NEW, Idempotency_Key="k-1")

    assert ours.json()["id"] != theirs.json()["id"]
    assert made() == 2


def test_a_revoked_token_gets_no_answer_back(organization):
    text = token_of(organization)
    Api(text).post("tokens", NEW, Idempotency_Key="k-1")
    ApiToken.objects.filter(prefix=text[4:12]).update(revoked_at=timezone.now())

    assert Api(text).post("tokens", NEW, Idempotency_Key="k-1").status_code == 401


def test_the_kept_answer_is_not_readable_in_the_database(api):
    token = api.post("tokens", NEW, Idempotency_Key="k-1").json()["token"]

    kept = IdempotencyKey.objects.get()
    assert token not in kept.body
    assert token not in str(kept.headers)


@pytest.mark.parametrize("key", ["", "with space", "x" * 256, "ä"])
def test_a_key_that_is_none(api, key):
    answer = api.post("tokens", NEW, Idempotency_Key=key)

    assert (answer.status_code, answer.json()["code"]) == (400, "bad_idempotency_key")
    assert made() == 0


def test_a_read_ignores_its_key(api):
    assert api.get("tokens", Idempotency_Key="k-1").status_code == 200
    assert not IdempotencyKey.objects.exists()


def test_a_key_is_free_again_after_a_day(api):
    with time_machine.travel(timezone.now() - timedelta(hours=24, seconds=1), tick=True):
        api.post("tokens", NEW, Idempotency_Key="k-1")

    assert "Idempotency-Replayed" not in api.post("tokens", NEW, Idempotency_Key="k-1").headers
    assert made() == 2


def test_keys_older_than_a_day_are_dropped(api):
    with time_machine.travel(timezone.now() - timedelta(hours=24, seconds=1), tick=True):
        api.post("tokens", NEW, Idempotency_Key="old")
    api.post("tokens", NEW, Idempotency_Key="new")

    assert drop_old(timezone.now()) == 1
    assert IdempotencyKey.objects.get().key == "new"


@pytest.fixture
def text(transactional_db):
    return token_of(Organization.objects.create(name="Shop", slug="shop"))


def in_thread(work):
    def run():
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def test_a_key_in_flight_is_refused_without_waiting(text):
    began, finish = threading.Event(), threading.Event()
    by = principal_of_token(text)

    @transaction.atomic
    def first():
        begin(Asked(by=by, key="k-1", method="POST", path="/", digest=b""))
        began.set()
        finish.wait(10)

    thread = in_thread(first)
    assert began.wait(10)
    answer = Api(text).post("tokens", NEW, Idempotency_Key="k-1")
    finish.set()
    thread.join()

    assert (answer.status_code, answer.json()["code"]) == (409, "in_flight")
    assert made() == 0
    assert Api(text).post("tokens", NEW, Idempotency_Key="k-1").status_code == 201


def test_of_requests_at_the_same_moment_one_writes(text):
    barrier, answers = threading.Barrier(4), []

    def ask():
        barrier.wait(10)
        answers.append(Api(text).post("tokens", NEW, Idempotency_Key="k-1"))

    for thread in [in_thread(ask) for _ in range(4)]:
        thread.join()

    first = [one for one in answers if one.status_code == 201 and "Idempotency-Replayed" not in one.headers]
    assert len(first) == 1
    for other in answers:
        assert other.status_code == 409 or other.content == first[0].content
    assert made() == 1
