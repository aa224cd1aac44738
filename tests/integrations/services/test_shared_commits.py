"""Leader and followers: work that comes together is committed together."""

import threading

import pytest

from integrations.services.shared_commits import SharedCommits


class Commits:
    """Doubles numbers; `gate` keeps the first commit open until the test lets it go."""

    def __init__(self):
        self.batches = []
        self.gate = threading.Event()
        self.first_is_open = threading.Event()

    def __call__(self, works):
        self.batches.append(list(works))
        self.first_is_open.set()
        self.gate.wait(5)
        if "away" in works:
            raise ConnectionError("away")
        if "bad" in works:
            raise ValueError("bad")
        return [work * 2 for work in works]


def submit_together(commits, works):
    """All but the first wait behind the first one's commit: they share the next."""
    shared = SharedCommits(commits, is_final=lambda error: isinstance(error, ConnectionError))
    results = {}

    def submit(work):
        try:
            results[work] = shared.submit(work)
        except Exception as error:
            results[work] = error

    threads = [threading.Thread(target=submit, args=(work,)) for work in works]
    threads[0].start()
    assert commits.first_is_open.wait(5)
    for thread in threads[1:]:
        thread.start()
    while len(shared._waiting) < len(works) - 1:
        threading.Event().wait(0.001)
    commits.gate.set()
    for thread in threads:
        thread.join(5)
    return results


def test_those_that_wait_share_one_commit_and_each_gets_its_own_result():
    commits = Commits()

    results = submit_together(commits, [1, 2, 3, 4])

    assert results == {1: 2, 2: 4, 3: 6, 4: 8}
    assert [sorted(batch) for batch in commits.batches] == [[1], [2, 3, 4]]


def test_a_bad_one_fails_alone():
    results = submit_together(Commits(), [1, 2, "bad", 4])

    assert isinstance(results.pop("bad"), ValueError)
    assert results == {1: 2, 2: 4, 4: 8}


def test_when_the_database_is_away_nobody_is_tried_alone():
    commits = Commits()

    results = submit_together(commits, [1, "away", 3])

    assert [type(results[work]) for work in ("away", 3)] == [ConnectionError, ConnectionError]
    assert len(commits.batches) == 2


def test_work_that_comes_alone_is_committed_at_once():
    commits = Commits()
    commits.gate.set()

    assert SharedCommits(commits, is_final=lambda _: False).submit(5) == 10


@pytest.mark.django_db(transaction=True)
def test_many_threads_lose_and_double_nothing(settings):
    from django.db import connection

    from integrations.services.accept import accept
    from tests.integrations.pipelines import FACTS, incoming, make_pipeline, stored

    pipeline = make_pipeline()
    events = [incoming(pipeline, messageId=f"m-{number % 60}") for number in range(90)]

    def send(mine):
        for event in mine:
            accept([event], FACTS)
        connection.close()

    threads = [threading.Thread(target=send, args=(events[index::9],)) for index in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert sorted(row["message_id"] for row in stored(pipeline)) == sorted(f"m-{n}" for n in range(60))
