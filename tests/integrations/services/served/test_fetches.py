"""When a file was fetched last, and the warning that comes of it."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from integrations.models import WriteKey
from integrations.services.write_keys import revoke_warning, revoke_write_key
from tests.integrations.pipelines import BY, make_pipeline


def key_row(pipeline):
    return WriteKey.objects.get(pipeline=pipeline)


def fetch(shelf, key):
    shelf.fetched(key.id)
    shelf._reader.read("after it", lambda: None)


def test_a_fetch_is_written_once_an_hour(new_shelf):
    key = key_row(make_pipeline())
    one_process, another = new_shelf(), new_shelf()

    fetch(one_process, key)
    first = key_row(key.pipeline).file_fetched_at
    fetch(one_process, key)
    fetch(another, key)

    assert timezone.now() - first < timedelta(minutes=1)
    assert key_row(key.pipeline).file_fetched_at == first


def test_a_fetch_an_hour_later_is_written_again(shelf):
    key = key_row(make_pipeline())
    WriteKey.objects.update(file_fetched_at=timezone.now() - timedelta(hours=1, seconds=1))

    fetch(shelf, key)

    assert timezone.now() - key_row(key.pipeline).file_fetched_at < timedelta(minutes=1)


def test_revoking_a_key_that_fetched_lately_warns(shelf):
    key = key_row(make_pipeline())
    assert revoke_warning(key) == ""
    fetch(shelf, key)

    warning = revoke_warning(key_row(key.pipeline))

    assert warning.startswith("The tracking file was fetched with this key on ")
    assert warning.endswith(" First move sites, CDNs and CI jobs to another key's address.")


def test_a_fetch_a_week_ago_and_a_revoked_key_warn_of_nothing(db):
    key = key_row(make_pipeline())
    key.file_fetched_at = timezone.now() - timedelta(days=7, seconds=1)
    assert revoke_warning(key) == ""
    WriteKey.objects.update(file_fetched_at=timezone.now())

    revoke_write_key(BY, key)

    assert revoke_warning(key_row(key.pipeline)) == ""
