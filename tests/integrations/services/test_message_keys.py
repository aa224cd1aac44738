"""Message ids that were seen, over midnight and back."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection

from integrations.services.message_keys import claim_message_ids, empty_old_keys

pytestmark = pytest.mark.django_db
PIPELINE = UUID("0192aaaa-0000-7000-8000-000000000001")
EVENING = datetime(2026, 11, 21, 23, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def nothing_was_seen():
    """What committing tests left goes until this test's rollback."""
    with connection.cursor() as cursor:
        cursor.execute(
            "TRUNCATE integrations_messagekey_0, integrations_messagekey_1, integrations_messagekey_2"
        )


def claim(message_ids, *, now):
    fresh = claim_message_ids([(PIPELINE, message_id) for message_id in message_ids], now=now)
    return {message_id for _, message_id in fresh}


def rows():
    with connection.cursor() as cursor:
        cursor.execute(
            " UNION ALL ".join(f"SELECT count(*) FROM integrations_messagekey_{i}" for i in range(3))
        )
        return [row[0] for row in cursor.fetchall()]


def test_an_id_is_new_once():
    assert claim(["a", "b"], now=EVENING) == {"a", "b"}
    assert claim(["b", "c"], now=EVENING) == {"c"}


def test_it_is_remembered_over_midnight_for_at_least_a_day():
    claim(["a"], now=EVENING)

    assert claim(["a"], now=EVENING + timedelta(hours=24, minutes=59)) == set()
    assert claim(["a"], now=EVENING + timedelta(hours=25)) == {"a"}


def test_a_table_that_was_never_emptied_refuses_nothing_new():
    claim(["a"], now=EVENING)

    assert claim(["a"], now=EVENING + timedelta(days=3)) == {"a"}


def test_emptying_leaves_today_and_yesterday():
    for days in range(3):
        claim(["a", "b"], now=EVENING + timedelta(days=2 * days))

    assert rows() == [2, 2, 2]
    empty_old_keys(now=EVENING + timedelta(days=4))
    assert sorted(rows()) == [0, 2, 2]
    assert claim(["a"], now=EVENING + timedelta(days=4)) == set()
