"""What the doors refuse leaves a trace: how many, why, and under which key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from integrations.ingest.door import Door
from tests.integrations.ingest.doors import KEY, TRACK, Storage, basic, knock


def counting(storage: Storage) -> tuple[Door, Counter[tuple[str, str]]]:
    counted: Counter[tuple[str, str]] = Counter()

    def count(key: str, numbers: Mapping[str, int]) -> None:
        counted.update({(key, code): number for code, number in numbers.items()})

    return Door(accept=storage.accept, count_refused=count), counted


def test_a_body_that_is_no_json_is_counted_under_the_headers_key(storage: Storage) -> None:
    door, counted = counting(storage)

    reply = knock(storage, "/v1/track", b"{", headers=basic(), door=door)

    assert reply.status == 400
    assert counted == {(KEY, reply.code): 1}


def test_bad_elements_of_a_batch_are_counted_each_and_good_ones_are_not(storage: Storage) -> None:
    door, counted = counting(storage)

    reply = knock(storage, "/v1/batch", {"batch": [TRACK, 7, "x"]}, headers=basic(), door=door)

    assert (reply.status, len(storage.events)) == (200, 1)
    assert {key for key, _ in counted} == {KEY}
    assert counted.total() == 2


def test_what_has_no_key_is_counted_under_none(storage: Storage) -> None:
    door, counted = counting(storage)

    knock(storage, "/v1/track", b"{}", door=door)
    knock(storage, "/v1/track", b"{}", headers={"x-write-key": "no key!"}, door=door)

    assert counted == {("", "missing_write_key"): 1, ("", "invalid_write_key"): 1}


def test_what_is_stored_is_not_counted_here(storage: Storage) -> None:
    door, counted = counting(storage)

    knock(storage, "/v1/track", TRACK, headers=basic(), door=door)

    assert not counted
