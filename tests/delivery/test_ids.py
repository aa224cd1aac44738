"""UUIDv7s of one moment."""

from datetime import UTC, datetime
from itertools import pairwise

from delivery.ids import Ids, new_id

AT = datetime(2026, 11, 21, 12, 0, 0, 123_000, tzinfo=UTC)


def test_they_are_version_7_of_the_moment():
    one = new_id(AT)

    assert (one.version, one.variant) == (7, "specified in RFC 4122")
    assert one.int >> 80 == int(AT.timestamp() * 1000)


def test_they_sort_as_they_were_given():
    ids = Ids(AT)

    assert all(a < b for a, b in pairwise(ids.next() for _ in range(70_000)))


def test_two_givers_of_one_moment_do_not_meet():
    one, other = Ids(AT), Ids(AT)

    assert not {one.next() for _ in range(1_000)} & {other.next() for _ in range(1_000)}
