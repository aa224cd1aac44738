"""What web processes remember: never old after a change, without the database in between, through outages."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from django.db import connection, transaction
from redis.backoff import NoBackoff
from redis.retry import Retry

from integrations.core.served import freshness
from integrations.core.served.facts import Away
from integrations.models import TrackingFile, WriteKey
from integrations.services import configuration
from integrations.services.served import reader, rows, valkey
from integrations.services.served.contents import FileBuild
from integrations.services.tracking_files.drafts import file_of, save_draft, set_cache_seconds
from integrations.services.tracking_files.serving import deployed
from integrations.services.write_keys import create_write_key, make_primary, revoke_write_key
from tests.integrations.pipelines import BY, key_of, make_pipeline
from tests.integrations.services.served.files import (
    away,
    build,
    make_live,
    size_in_memory,
    upload,
)


@pytest.fixture
def reads(monkeypatch):
    """The keys that the database was asked for, one by one."""
    asked, look_up = [], rows.key_facts

    def counted(key):
        asked.append(key)
        return look_up(key)

    monkeypatch.setattr(rows, "key_facts", counted)
    return asked


def live_bytes(shelf, key):
    """What the file endpoint answers with now; None for 404."""
    facts = shelf.key(key)
    return shelf.content(facts.live.build).plain if facts and facts.live else None


def silence_valkey(monkeypatch, tmp_path):
    """Nothing listens where Valkey was."""
    deaf = redis.Redis(unix_socket_path=str(tmp_path / "nobody"), retry=Retry(NoBackoff(), 0))
    monkeypatch.setattr(valkey, "_client", lambda: deaf)
    monkeypatch.setattr(valkey._Silence, "until", 0.0)


def test_an_upload_is_served_at_once_by_every_process(new_shelf):
    pipeline = make_pipeline()
    key, processes = key_of(pipeline), [new_shelf(), new_shelf()]

    assert [live_bytes(shelf, key) for shelf in processes] == [None, None]
    for content in (b"one", b"two", b"three"):
        upload(pipeline, content)
        assert [live_bytes(shelf, key) for shelf in processes] == [content, content]


def test_a_rollback_is_served_at_once(shelf):
    pipeline = make_pipeline()
    first = upload(pipeline, b"one")
    upload(pipeline, b"two")
    assert live_bytes(shelf, key_of(pipeline)) == b"two"

    make_live(first)

    assert live_bytes(shelf, key_of(pipeline)) == b"one"


def test_what_is_read_before_the_commit_is_not_remembered(shelf):
    pipeline = make_pipeline()
    upload(pipeline, b"one")
    made, file = build(pipeline, b"two"), file_of(pipeline)

    with transaction.atomic():
        TrackingFile.objects.filter(id=file.id).update(live_build=made)
        deployed(file)
        assert live_bytes(shelf, key_of(pipeline)) == b"one"

    assert live_bytes(shelf, key_of(pipeline)) == b"two"


def test_a_writer_that_died_between_commit_and_telling_is_found_out(shelf, monkeypatch):
    pipeline = make_pipeline()
    upload(pipeline, b"one")
    assert live_bytes(shelf, key_of(pipeline)) == b"one"
    made, file = build(pipeline, b"two"), file_of(pipeline)

    with transaction.atomic():
        TrackingFile.objects.filter(id=file.id).update(live_build=made)
        deployed(file)
        monkeypatch.setattr(valkey, "end_change", lambda names: None)

    assert live_bytes(shelf, key_of(pipeline)) == b"two"


def test_a_hot_file_costs_no_read(shelf, reads, django_assert_num_queries):
    pipeline = make_pipeline()
    upload(pipeline, b"one")
    key = key_of(pipeline)
    live_bytes(shelf, key)

    with django_assert_num_queries(0):
        assert {live_bytes(shelf, key) for _ in range(50)} == {b"one"}

    assert reads == [key]


def test_a_stamp_that_got_lost_is_made_up_for_behind_the_answer(shelf, monkeypatch, reads):
    pipeline = make_pipeline()
    upload(pipeline, b"one")
    key = key_of(pipeline)
    live_bytes(shelf, key)
    made = build(pipeline, b"two")
    TrackingFile.objects.update(live_build=made)  # nobody was told

    assert live_bytes(shelf, key) == b"one"
    monkeypatch.setattr(freshness, "STAMPED_S", 0.0)
    live_bytes(shelf, key)
    shelf._reader.read("after it", lambda: None)

    assert live_bytes(shelf, key) == b"two"


def test_many_who_ask_at_once_share_their_reads(shelf, reads):
    pipeline = make_pipeline()
    upload(pipeline, b"one")
    key = key_of(pipeline)

    with ThreadPoolExecutor(16) as clients:
        seen = set(clients.map(lambda _: live_bytes(shelf, key), range(200)))

    assert seen == {b"one"}
    assert len(reads) < 20


def test_an_unknown_key_is_looked_up_once_and_found_as_soon_as_it_is_made(shelf, reads):
    pipeline = make_pipeline()
    upload(pipeline, b"one")

    assert {live_bytes(shelf, "second_key") for _ in range(20)} == {None}
    assert reads == ["second_key"]
    create_write_key(BY, pipeline, "second_key")
    assert live_bytes(shelf, "second_key") == b"one"


def test_every_unrevoked_key_serves_the_file_and_a_revoked_one_stops_at_once(new_shelf, monkeypatch):
    pipeline = make_pipeline()
    upload(pipeline, b"one")
    shelf, old = new_shelf(), key_of(pipeline)
    new = create_write_key(BY, pipeline)
    assert (live_bytes(shelf, old), live_bytes(shelf, new.key)) == (b"one", b"one")

    make_primary(BY, new)
    revoke_write_key(BY, WriteKey.objects.get(key=old))

    assert (live_bytes(shelf, old), live_bytes(shelf, new.key)) == (None, b"one")
    monkeypatch.setattr(rows, "key_facts", away)
    with pytest.raises(Away):
        live_bytes(new_shelf(), old)


def test_a_removed_pipeline_serves_nothing(shelf):
    pipeline = make_pipeline()
    upload(pipeline, b"one")
    key = key_of(pipeline)
    assert live_bytes(shelf, key) == b"one"

    configuration.remove(BY, pipeline)

    assert live_bytes(shelf, key) is None


def test_the_cache_lifetime_is_served_at_once(shelf):
    pipeline = make_pipeline()
    upload(pipeline, b"one")
    assert shelf.key(key_of(pipeline)).live.cache_seconds == 300

    set_cache_seconds(BY, file_of(pipeline), 60)

    assert shelf.key(key_of(pipeline)).live.cache_seconds == 60


def test_a_file_that_its_owner_hosts_is_not_served_but_its_builds_stay(shelf):
    pipeline = make_pipeline()
    made = upload(pipeline, b"one")
    assert live_bytes(shelf, key_of(pipeline)) == b"one"
    save_draft(BY, file_of(pipeline), {"settings": {"hosting": "manual"}})

    facts = shelf.key(key_of(pipeline))

    assert facts.live is None
    assert shelf.content(facts.pinned(made.sha256)).plain == b"one"


def test_only_builds_that_were_deployed_are_there_by_hash(shelf):
    pipeline = make_pipeline()
    first, second = upload(pipeline, b"one"), upload(pipeline, b"two")
    third = build(pipeline, b"never uploaded")

    facts = shelf.key(key_of(pipeline))

    assert shelf.content(facts.pinned(first.sha256[:12])).plain == b"one"
    assert shelf.content(facts.pinned(second.sha256)).plain == b"two"
    assert facts.pinned(third.sha256) is None


def test_no_key_serves_a_build_of_another_pipeline(shelf):
    pipeline, other = make_pipeline(), make_pipeline()
    made = upload(other, b"secret")
    upload(pipeline, b"one")

    assert shelf.key(key_of(pipeline)).pinned(made.sha256) is None


def test_clusters_are_known_as_they_stand_now(shelf):
    pipeline = make_pipeline()
    cluster = pipeline.cluster
    assert [one.id for one in shelf.clusters().at("c.example")] == [cluster.id]

    moved = {"base_url": "https://moved.example/in", "sites": ["shop.example"]}
    configuration.update(BY, cluster, moved)

    assert shelf.clusters().at("c.example") == ()
    assert shelf.clusters().at("moved.example")[0].sites == ("shop.example",)
    assert shelf.key(key_of(pipeline)).base_url == "https://moved.example/in"


def test_memory_is_bounded_and_what_left_it_is_read_again(new_shelf):
    pipeline = make_pipeline()
    contents = [bytes([number]) * 1000 for number in range(30)]
    made = [upload(pipeline, content) for content in contents]
    shelf = new_shelf(most_bytes=10 * size_in_memory(made[0]), most_keys=5)
    facts = shelf.key(key_of(pipeline))

    for _ in range(2):
        for one, content in zip(made, contents, strict=True):
            assert shelf.content(facts.pinned(one.sha256)).plain == content
            assert shelf.contents.size <= 10 * size_in_memory(made[0])
    for number in range(50):
        shelf.key(f"unknown-{number}")
    assert len(shelf._keys._entries) == 5


def test_a_file_larger_than_the_memory_is_served_all_the_same(new_shelf):
    pipeline = make_pipeline()
    upload(pipeline, b"x" * 5000)

    assert live_bytes(new_shelf(most_bytes=100), key_of(pipeline)) == b"x" * 5000


def test_without_the_database_what_is_known_is_served(shelf, monkeypatch):
    pipeline = make_pipeline()
    upload(pipeline, b"one")
    key = key_of(pipeline)
    live_bytes(shelf, key)
    monkeypatch.setattr(rows, "key_facts", away)
    valkey._client().flushall()

    assert live_bytes(shelf, key) == b"one"
    with pytest.raises(Away):
        live_bytes(shelf, "another_key")


def test_a_process_that_starts_without_the_database_serves_the_copy(new_shelf, monkeypatch):
    pipeline = make_pipeline()
    upload(pipeline, b"one")
    key = key_of(pipeline)
    live_bytes(new_shelf(), key)

    monkeypatch.setattr(rows, "key_facts", away)
    monkeypatch.setattr(FileBuild.objects, "filter", away)

    assert live_bytes(new_shelf(), key) == b"one"


def test_copies_come_back_after_valkey_was_emptied(new_shelf, monkeypatch):
    pipeline = make_pipeline()
    upload(pipeline, b"one")
    key, shelf = key_of(pipeline), new_shelf()
    live_bytes(shelf, key)

    valkey._client().flushall()
    live_bytes(shelf, key)
    monkeypatch.setattr(rows, "key_facts", away)
    monkeypatch.setattr(FileBuild.objects, "filter", away)

    assert live_bytes(new_shelf(), key) == b"one"


def test_the_database_is_asked_once_a_second_while_it_is_away(shelf, monkeypatch):
    asked = []
    monkeypatch.setattr(rows, "key_facts", lambda key: asked.append(key) or away())

    for number in range(20):
        with pytest.raises(Away):
            shelf.key(f"key-{number}")

    assert asked == ["key-0"]


def test_a_database_that_hangs_holds_nobody_for_long(shelf, monkeypatch):
    pipeline = make_pipeline()
    upload(pipeline, b"one")
    live_bytes(shelf, key_of(pipeline))
    monkeypatch.setattr(reader, "WAIT_S", 0.05)
    look_up = rows.key_facts

    def hanging(key):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(0.5)")
        return look_up(key)

    monkeypatch.setattr(rows, "key_facts", hanging)
    deployed(file_of(pipeline))

    assert live_bytes(shelf, key_of(pipeline)) == b"one"
    monkeypatch.undo()


def test_without_valkey_a_file_is_at_most_a_second_old(shelf, monkeypatch, tmp_path, reads):
    pipeline = make_pipeline()
    upload(pipeline, b"one")
    key = key_of(pipeline)
    live_bytes(shelf, key)
    silence_valkey(monkeypatch, tmp_path)

    upload(pipeline, b"two")
    assert live_bytes(shelf, key) == b"one"
    monkeypatch.setattr(freshness, "SILENT_S", 0.0)
    assert live_bytes(shelf, key) == b"two"


def test_without_valkey_and_database_what_is_known_is_served(shelf, monkeypatch, tmp_path):
    pipeline = make_pipeline()
    upload(pipeline, b"one")
    key = key_of(pipeline)
    live_bytes(shelf, key)
    silence_valkey(monkeypatch, tmp_path)
    monkeypatch.setattr(freshness, "SILENT_S", 0.0)
    monkeypatch.setattr(rows, "key_facts", away)

    assert live_bytes(shelf, key) == b"one"
    with pytest.raises(Away):
        live_bytes(shelf, "another_key")


def test_a_change_is_told_as_soon_as_valkey_is_back(shelf, monkeypatch, tmp_path):
    pipeline = make_pipeline()
    upload(pipeline, b"one")
    key = key_of(pipeline)
    with monkeypatch.context() as outage:
        silence_valkey(outage, tmp_path)
        assert live_bytes(shelf, key) == b"one"
    upload(pipeline, b"two")

    assert live_bytes(shelf, key) == b"two"
