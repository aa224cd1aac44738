"""Runs of the loop one after the other in one process."""

import pytest
from django.db import OperationalError, connection

from delivery import doorbell, run
from delivery.holding import HeldLanes
from tests.delivery.queue_rows import add_lane, add_rows, outcomes, waiting
from tests.delivery.receiver import receiving
from tests.delivery.test_doorbell import valkey
from tests.delivery.test_worker import PostsRowIds, edge

pytestmark = pytest.mark.django_db(transaction=True)
__all__ = ["edge", "valkey"]


class LosesPostgres(PostsRowIds):
    """Its first answer comes when the connection to PostgreSQL has ended."""

    def judge(self, flight, response, *, now):
        if not self.endings and not self.moments:
            self.moments.append("lost")
            other = connection.copy()
            with other.cursor() as cursor:
                cursor.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])
            other.close()
        return super().judge(flight, response, now=now)


def test_lanes_of_a_run_that_lost_postgresql_are_let_go_by_the_next(edge, monkeypatch):
    lane = add_lane()
    (caught,) = add_rows(lane, 1)

    with receiving() as receiver:
        owner = LosesPostgres({lane: receiver.url})
        monkeypatch.setattr(run, "_owners", lambda: (owner,))
        monkeypatch.setattr(run, "_edge", lambda pid: edge)
        with pytest.raises(OperationalError):
            run.deliver_due()
        connection.close()
        (later,) = add_rows(lane, 1)

        run.deliver_due()

    assert outcomes(lane) == {later: "delivered"}
    assert receiver.bodies == [caught.bytes, later.bytes]  # the first one's lease has not ended


def test_who_rings_while_a_run_ends_wakes_another(edge, valkey, monkeypatch):
    lane = add_lane()
    add_rows(lane, 1)
    release, late = HeldLanes.release, []

    def comes_late(lanes, now):  # the run has looked for the last time
        if not late:
            late.extend(add_rows(lane, 1))
            doorbell.ring()
        release(lanes, now)

    with receiving() as receiver:
        owner = PostsRowIds({lane: receiver.url})
        monkeypatch.setattr(run, "_owners", lambda: (owner,))
        monkeypatch.setattr(run, "_edge", lambda pid: edge)
        monkeypatch.setattr(HeldLanes, "release", comes_late)
        doorbell.ring()
        assert valkey.lpop("celery")  # a worker begins with it

        run.deliver_due()
        assert waiting(lane) == late
        assert valkey.llen("celery") == 1

        run.deliver_due()

    assert waiting(lane) == []
