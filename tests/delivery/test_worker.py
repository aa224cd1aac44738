"""The loop over lanes: real queue, real HTTP edge, real sockets."""

import contextlib
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection

from delivery import queue
from delivery.core.addresses import AddressPolicy
from delivery.core.breaker import BreakerPolicy
from delivery.core.outcome import Judgement, Verdict, judge
from delivery.core.pace import WINDOW_S
from delivery.core.poison import POISON_FLIGHTS
from delivery.core.rate import RateLimit
from delivery.core.request import Request
from delivery.core.retry import RetryPolicy
from delivery.http import HttpEdge
from delivery.lanes import Flight, LanePolicy, Rendering
from delivery.record import UNRECORDED
from delivery.worker import Drain
from tests.delivery.queue_rows import SCOPE, TABLES, add_lane, add_rows, database_now, outcomes, waiting
from tests.delivery.receiver import answer_after, hang_for, receiving

pytestmark = pytest.mark.django_db
SOON = RetryPolicy(attempts=3, base_s=0.01, factor=1, longest_s=0.01, throttle_s=0.01)


class PostsRowIds:
    """A lane owner whose request bodies are row ids; each lane posts to its own URL."""

    tables = TABLES

    def __init__(self, urls, *, deadline_ms=2_000, hold_unknown=False, **policy):
        self.urls, self.policy = urls, LanePolicy(**{"retry": SOON, **policy})
        self.deadline_ms, self.hold_unknown = deadline_ms, hold_unknown
        self.moments, self.told, self.pauses, self.endings = [], [], [], []

    def policies(self, lane_ids):
        return dict.fromkeys(lane_ids, self.policy)

    def render(self, lane_id, rows, *, now):
        if isinstance(self.urls[lane_id], Exception):
            raise self.urls[lane_id]
        return Rendering(flights=[self._flight(lane_id, row) for row in rows])

    def _flight(self, lane_id, row):
        request = Request(
            method="POST",
            url=self.urls[lane_id],
            headers=(("Authorization", "Bearer s3cret"),),
            body=row.id.bytes,
            deadline_ms=self.deadline_ms,
            secrets=("s3cret",),
        )
        return Flight(
            request=request, rows=(row,), scope_id=SCOPE, operation="post", hold_unknown=self.hold_unknown
        )

    def judge(self, flight, response, *, now):
        return [judge(response)] * len(flight.rows)

    def announce(self, lane_id, transition, reason, *, now):
        self.moments.append((lane_id, transition.value))
        self.told.append(reason)

    def announce_pause(self, lane_id, reason, *, now):
        self.pauses.append((lane_id, reason))

    def conclude(self, endings, flights, *, now):
        self.endings += [(one.row.id, one.outcome.value, one.status) for one in endings]


@pytest.fixture
def edge():
    edge = HttpEdge(policy=AddressPolicy(allowed_networks=("127.0.0.0/8",)))
    yield edge
    edge.close()


def drain(owner, edge, *, claiming_s=3.0, linger_s=0.1):
    return Drain([owner], edge, lease=timedelta(seconds=60), jitter=lambda: 0.5).run(
        claiming_s=claiming_s, linger_s=linger_s
    )


def column(table, name, lane):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM {table} WHERE lane_id = %s ORDER BY id", [lane])
        return [row[0] for row in cursor.fetchall()]


def expire_leases(lane):
    """As if the time of the leases had passed: what dead workers had is due again."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_delivery SET due_at = now() - interval '1 s'"
            " WHERE lane_id = %s AND claim_id IS NOT NULL",
            [lane],
        )
        cursor.execute("UPDATE integrations_destinationlane SET held_until = now() WHERE id = %s", [lane])


def lane_column(lane, name):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM integrations_destinationlane WHERE id = %s", [lane])
        return cursor.fetchone()[0]


def resume(lane):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE integrations_destinationlane SET paused_reason = '' WHERE id = %s", [lane])


def test_it_delivers_every_due_row_of_every_lane_once(edge):
    lanes = [add_lane() for _ in range(3)]
    rows = {lane: add_rows(lane, 40) for lane in lanes}

    with receiving() as receiver:
        drain(PostsRowIds(dict.fromkeys(lanes, receiver.url)), edge)

    assert sorted(receiver.bodies) == sorted(row.bytes for ids in rows.values() for row in ids)
    for lane in lanes:
        assert outcomes(lane) == dict.fromkeys(rows[lane], "delivered")
        assert waiting(lane) == []


def test_when_all_sending_is_stopped_what_flies_is_recorded_and_the_rest_goes_back(edge):
    lane = add_lane()
    add_rows(lane, 40)

    with receiving() as receiver:
        owner = PostsRowIds({lane: receiver.url}, concurrency=4, claims_ahead=True)
        may_send = lambda: len(receiver.bodies) < 4  # noqa: E731
        run = Drain([owner], edge, lease=timedelta(seconds=60), may_send=may_send)
        recorded = run.run(claiming_s=30.0)

    assert recorded == len(receiver.bodies) == len(outcomes(lane)) < 40
    assert len(waiting(lane)) == 40 - recorded
    assert set(column("integrations_delivery", "claim_id", lane)) == {None}


def test_it_tries_again_after_500_and_logs_each_attempt(edge):
    lane = add_lane()
    (row,) = add_rows(lane, 1)

    with receiving((500, {}), (500, {}), (200, {})) as receiver:
        drain(PostsRowIds({lane: receiver.url}), edge)

    assert outcomes(lane) == {row: "delivered"}
    assert column("integrations_attempt", "status", lane) == [500, 500, 200]
    assert column("integrations_attempt", "verdict", lane) == ["failed", "failed", "delivered"]
    assert column("integrations_deliveryresult", "attempts", lane) == [3]
    assert len(column("integrations_deliveryresult", "attempt_ids", lane)[0]) == 3


def test_it_is_exhausted_after_the_policys_attempts(edge):
    lane = add_lane()
    (row,) = add_rows(lane, 1)

    with receiving((503, {})) as receiver:
        drain(PostsRowIds({lane: receiver.url}), edge)

    assert outcomes(lane) == {row: "exhausted"}
    assert len(receiver.bodies) == 3
    assert column("integrations_deliveryresult", "reason", lane) == [
        "Answered 503: a fault on the other side. Given up after 3 attempts: send it again once the other "
        "side works."
    ]


def test_it_does_not_repeat_what_was_rejected(edge):
    lane = add_lane()
    (row,) = add_rows(lane, 1)

    with receiving((400, {})) as receiver:
        drain(PostsRowIds({lane: receiver.url}), edge)

    assert outcomes(lane) == {row: "rejected"}
    assert len(receiver.bodies) == 1


def test_a_private_address_is_refused_before_anything_is_sent():
    lane = add_lane()
    (row,) = add_rows(lane, 1)
    strict = HttpEdge(policy=AddressPolicy(allowed_networks=()))

    with receiving() as receiver:
        drain(PostsRowIds({lane: receiver.url}), strict)
    strict.close()

    assert outcomes(lane) == {row: "rejected"}
    assert receiver.bodies == []
    assert "127.0.0.1" in column("integrations_deliveryresult", "reason", lane)[0]


def test_a_hanging_receiver_is_cut_at_the_deadline_and_tried_again(edge):
    lane = add_lane()
    (row,) = add_rows(lane, 1)

    with receiving(hang_for(1.5), (200, {})) as receiver:
        drain(PostsRowIds({lane: receiver.url}, deadline_ms=300), edge)

    assert outcomes(lane) == {row: "delivered"}
    assert column("integrations_attempt", "verdict", lane) == ["unknown", "delivered"]


def test_what_must_not_double_is_held_when_no_answer_came(edge):
    lane = add_lane()
    (row,) = add_rows(lane, 1)

    with receiving(hang_for(1.0)) as receiver:
        drain(PostsRowIds({lane: receiver.url}, deadline_ms=200, hold_unknown=True), edge)

    assert outcomes(lane) == {}
    assert waiting(lane) == [row]
    assert column("integrations_delivery", "held_at IS NOT NULL", lane) == [True]
    assert len(receiver.bodies) == 1


def test_one_hanging_lane_does_not_slow_the_others(edge):
    hanging, healthy = add_lane(), add_lane()
    add_rows(hanging, 30)
    rows = add_rows(healthy, 40)

    with receiving(hang_for(6.0)) as bad, receiving() as good:
        drain(PostsRowIds({hanging: bad.url, healthy: good.url}, deadline_ms=5_000), edge, claiming_s=1.0)

    assert outcomes(healthy) == dict.fromkeys(rows, "delivered")
    cut_at = min(column("integrations_attempt", "started_at", hanging)) + timedelta(seconds=5)
    assert max(column("integrations_deliveryresult", "ended_at", healthy)) < cut_at
    assert len(bad.bodies) <= LanePolicy().concurrency


def test_a_failing_lane_opens_its_breaker_and_spends_no_further_attempts(edge):
    lane = add_lane()
    add_rows(lane, 30)
    breaker = BreakerPolicy(failures=4, open_s=60)
    slowly = RetryPolicy(base_s=60)

    with receiving((500, {})) as receiver:
        owner = PostsRowIds({lane: receiver.url}, breaker=breaker, concurrency=2, retry=slowly)
        drain(owner, edge)

    assert owner.moments == [(lane, "opened")]
    assert 4 <= len(receiver.bodies) <= 5
    assert len(waiting(lane)) == 30
    assert sum(column("integrations_delivery", "attempts", lane)) == len(receiver.bodies)


def test_an_open_breaker_lets_one_probe_through_and_closes_on_its_answer(edge):
    past = database_now() - timedelta(seconds=1)
    lane = add_lane(breaker_state="open", breaker_failures=4, breaker_open_until=past)
    rows = add_rows(lane, 10)

    with receiving() as receiver:
        owner = PostsRowIds({lane: receiver.url})
        drain(owner, edge)

    assert owner.moments == [(lane, "closed")]
    assert outcomes(lane) == dict.fromkeys(rows, "delivered")


def test_a_throttled_lane_waits_and_spends_no_attempt(edge):
    lane = add_lane()
    (row,) = add_rows(lane, 1)

    with receiving((429, {}), (200, {})) as receiver:
        drain(PostsRowIds({lane: receiver.url}), edge)

    assert outcomes(lane) == {row: "delivered"}
    assert column("integrations_deliveryresult", "attempts", lane) == [1]
    assert column("integrations_attempt", "verdict", lane) == ["throttled", "delivered"]


def test_a_rate_limit_is_kept(edge):
    lane = add_lane()
    add_rows(lane, 50)

    with receiving() as receiver:
        drain(PostsRowIds({lane: receiver.url}, rate=RateLimit(per_s=10, burst=5)), edge, claiming_s=1.0)

    assert 10 <= len(receiver.bodies) <= 16


def test_secrets_are_masked_in_the_log(edge):
    lane = add_lane()
    add_rows(lane, 1)

    with receiving() as receiver:
        drain(PostsRowIds({lane: receiver.url}), edge)

    (headers,) = column("integrations_attempt", "request_headers::text", lane)
    assert "s3cret" not in headers
    assert "Bearer ••••" in headers


def test_a_row_that_cannot_be_rendered_is_tried_again_and_harms_no_other(edge):
    lane, healthy = add_lane(), add_lane()
    (broken,), (fine,) = add_rows(lane, 1), add_rows(healthy, 1)

    with receiving() as receiver:
        drain(PostsRowIds({lane: ValueError("boom"), healthy: receiver.url}), edge)

    assert outcomes(healthy) == {fine: "delivered"}
    assert outcomes(lane) == {broken: "exhausted"}
    assert column("integrations_deliveryresult", "attempts", lane) == [3]


def test_a_row_that_kills_its_workers_is_set_aside(edge):
    lane = add_lane()
    (row,) = add_rows(lane, 1)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE integrations_delivery SET flights = 5 WHERE id = %s", [row])

    with receiving() as receiver:
        drain(PostsRowIds({lane: receiver.url}), edge)

    assert receiver.bodies == []
    assert column("integrations_delivery", "held_at IS NOT NULL", lane) == [True]


def make_due(lane):
    """As if what was put off had waited."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE integrations_delivery SET due_at = now() WHERE lane_id = %s AND held_at IS NULL", [lane]
        )


class Killed(BaseException):
    """In the place of SIGKILL: nothing catches it on its way."""


class DiesOfOne(PostsRowIds):
    """Rendering this row ends the process, whatever else is with it."""

    def __init__(self, urls, poison, **policy):
        super().__init__(urls, **policy)
        self.poison, self.deaths = poison, 0

    def render(self, lane_id, rows, *, now):
        if self.poison in {row.id for row in rows}:
            self.deaths += 1
            raise Killed
        return super().render(lane_id, rows, now=now)


def test_of_what_is_claimed_with_a_row_that_kills_its_workers_only_that_row_is_set_aside(edge):
    lane = add_lane()
    rows = add_rows(lane, 300)
    poison = rows[150]

    with receiving() as receiver:
        owner = DiesOfOne({lane: receiver.url}, poison, concurrency=16, claims_ahead=True)
        for _ in range(POISON_FLIGHTS + 1):
            with contextlib.suppress(Killed):
                drain(owner, edge)
            expire_leases(lane)

    assert owner.deaths == POISON_FLIGHTS
    assert waiting(lane) == [poison]
    assert [at is not None for at in column("integrations_delivery", "held_at", lane)] == [True]
    assert set(outcomes(lane).values()) == {"delivered"}


def test_another_lane_loses_no_row_to_what_kills_the_workers_of_both():
    bystander, killing = add_lane(), add_lane()
    rows = add_rows(bystander, 3)
    poison = add_rows(killing, 1)[0]

    with receiving() as receiver:
        owner = DiesOfOne(dict.fromkeys((bystander, killing), receiver.url), poison)
        for _ in range(POISON_FLIGHTS + 2):
            edge = HttpEdge(policy=AddressPolicy(allowed_networks=("127.0.0.0/8",)))  # as in a new process
            with contextlib.suppress(Killed):
                drain(owner, edge)
            edge.close()
            expire_leases(bystander)
            expire_leases(killing)
            make_due(killing)

    assert (owner.deaths, waiting(killing)) == (POISON_FLIGHTS, [poison])
    assert outcomes(bystander) == dict.fromkeys(rows, "delivered")


def test_the_log_says_when_an_earlier_request_may_have_left_unrecorded(edge):
    lane = add_lane()
    lost, fresh = add_rows(lane, 2)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE integrations_delivery SET flights = 1 WHERE id = %s", [lost])

    with receiving((503, {}), (503, {}), (200, {})) as receiver:
        drain(PostsRowIds({lane: receiver.url}, concurrency=2), edge)

    of, reasons = (column("integrations_attempt", name, lane) for name in ("delivery_ids[1]", "reason"))
    told = [row for row, reason in zip(of, reasons, strict=True) if UNRECORDED in reason]
    assert sorted(of) == sorted([lost, lost, fresh, fresh])
    assert told == [lost]  # once it was recorded, nothing is in doubt any more


def test_it_lets_go_of_its_lanes(edge):
    lane = add_lane()
    add_rows(lane, 1)

    with receiving() as receiver:
        drain(PostsRowIds({lane: receiver.url}), edge)

    with connection.cursor() as cursor:
        cursor.execute("SELECT holder, held_until FROM integrations_destinationlane WHERE id = %s", [lane])
        assert cursor.fetchone() == (None, None)


def test_healthy_lanes_go_on_while_slow_requests_keep_the_run(edge):
    hanging, healthy = add_lane(), add_lane()
    add_rows(hanging, 4)
    rows = add_rows(healthy, 5) + add_rows(healthy, 5, due_in_s=1.6)

    with receiving(hang_for(6.0)) as bad, receiving() as good:
        owner = PostsRowIds({hanging: bad.url, healthy: good.url}, deadline_ms=5_000)
        drain(owner, edge, claiming_s=0.5)

    assert outcomes(healthy) == dict.fromkeys(rows, "delivered")
    assert len(bad.bodies) == 4


def test_what_was_claimed_ahead_is_given_back_when_the_run_ends(edge):
    lane = add_lane()
    rows = add_rows(lane, 60)

    with receiving(hang_for(0.4)) as receiver:
        owner = PostsRowIds({lane: receiver.url}, deadline_ms=300, concurrency=2, claims_ahead=True)
        drain(owner, edge, claiming_s=0.05)

    assert waiting(lane) == rows
    assert len(receiver.bodies) == 2
    assert column("integrations_delivery", "claim_id IS NULL", lane) == [True] * 60
    assert sum(column("integrations_delivery", "flights", lane)) == 0


def test_a_lane_that_is_paused_meanwhile_stops_at_once(edge):
    lane = add_lane()
    rows = add_rows(lane, 400)

    def pause_then_answer(handler):
        receiver.answers.append((200, {}))
        handler.send_response(200)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    class PausesAfterFirst(PostsRowIds):
        def judge(self, flight, response, *, now):
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE integrations_destinationlane SET paused_reason = 'By hand.' WHERE id = %s", [lane]
                )
            return super().judge(flight, response, now=now)

    with receiving(pause_then_answer, (200, {})) as receiver:
        drain(PausesAfterFirst({lane: receiver.url}, concurrency=2, claims_ahead=True), edge)

    assert len(receiver.bodies) < 200
    assert len(waiting(lane)) == len(rows) - len(receiver.bodies)


class SaysInReason(PostsRowIds):
    """An owner whose vendor's words stand in the reason, as response rules allow."""

    def __init__(self, urls, words, **policy):
        super().__init__(urls, **policy)
        self.words = words

    def judge(self, flight, response, *, now):
        if isinstance(self.words, Exception):
            raise self.words
        judgement = Judgement(verdict=Verdict.REJECTED, reason=self.words)
        return [judgement] * len(flight.rows)


@pytest.mark.parametrize(
    ("words", "stored"),
    [("nul \x00", "nul ␀"), ("half \ud800", "half ?"), ("echo s3cret", "echo ••••")],
    ids=["nul", "surrogate", "secret"],
)
def test_a_vendors_words_are_made_storable_and_masked(edge, words, stored):
    lane = add_lane()
    (row,) = add_rows(lane, 1)

    with receiving() as receiver:
        drain(SaysInReason({lane: receiver.url}, words), edge)

    assert outcomes(lane) == {row: "rejected"}
    assert column("integrations_deliveryresult", "reason", lane) == [stored]
    assert column("integrations_attempt", "reason", lane) == [stored]


def test_rules_that_raise_harm_no_other_lane(edge):
    broken, healthy = add_lane(), add_lane()
    add_rows(broken, 1)
    rows = add_rows(healthy, 5)

    with receiving() as receiver:
        urls = {broken: receiver.url, healthy: receiver.url}

        class RaisesForOne(SaysInReason):
            def judge(self, flight, response, *, now):
                if flight.rows[0].lane_id == healthy:
                    return PostsRowIds.judge(self, flight, response, now=now)
                return super().judge(flight, response, now=now)

        drain(RaisesForOne(urls, ValueError("boom")), edge)

    assert outcomes(healthy) == dict.fromkeys(rows, "delivered")
    assert set(column("integrations_attempt", "verdict", broken)) == {"unknown"}


def test_a_rate_limited_lane_asks_for_no_further_run_before_it_has_tokens(edge):
    lane = add_lane()
    add_rows(lane, 30)

    with receiving() as receiver:
        owner = PostsRowIds({lane: receiver.url}, rate=RateLimit(per_s=0.1, burst=2))
        run = Drain([owner], edge, lease=timedelta(seconds=60))
        run.run(claiming_s=0.3, linger_s=0.05)

    assert len(receiver.bodies) == 2
    assert run.has_more is False


def test_a_delivery_that_is_throttled_for_days_ends(edge):
    lane = add_lane()
    (row,) = add_rows(lane, 1)

    with receiving((429, {})) as receiver:
        drain(PostsRowIds({lane: receiver.url}, retry=RetryPolicy(longest_age_s=0.0)), edge)

    assert outcomes(lane) == {row: "exhausted"}
    (reason,) = column("integrations_deliveryresult", "reason", lane)
    assert "Given up: it is too old after" in reason


def test_the_owner_is_told_what_ended_with_its_last_status(edge):
    lane = add_lane()
    delivered, rejected = add_rows(lane, 2)

    with receiving((200, {}), (404, {})) as receiver:
        owner = PostsRowIds({lane: receiver.url}, concurrency=1)
        drain(owner, edge)

    assert sorted(owner.endings) == sorted([(delivered, "delivered", 200), (rejected, "rejected", 404)])


def test_nothing_is_told_of_what_waits_for_another_attempt(edge):
    lane = add_lane()
    add_rows(lane, 1)

    with receiving((500, {})) as receiver:
        owner = PostsRowIds({lane: receiver.url}, retry=RetryPolicy(base_s=60))
        drain(owner, edge)

    assert owner.endings == []


@pytest.mark.parametrize("longest_request_s", [90.0, 10.0], ids=["declared", "not declared"])
def test_no_request_outlives_the_lease_of_its_rows(edge, longest_request_s):
    lane = add_lane()
    add_rows(lane, 3)
    begun_at = database_now()
    leased_until = []

    class ReadsLease(PostsRowIds):
        def judge(self, flight, response, *, now):
            leased_until.extend(column("integrations_delivery", "due_at", lane))
            return super().judge(flight, response, now=now)

    with receiving() as receiver:
        urls = {lane: receiver.url}
        drain(ReadsLease(urls, deadline_ms=90_000, longest_request_s=longest_request_s), edge)

    assert min(leased_until) > begun_at + timedelta(seconds=90)


def test_what_was_lost_while_it_waited_to_leave_is_not_sent(edge):
    lane = add_lane()
    lost, kept = add_rows(lane, 2)

    class LosesOne(PostsRowIds):
        def render(self, lane_id, rows, *, now):
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE integrations_delivery SET claim_id = gen_random_uuid() WHERE id = %s", [lost]
                )
            return super().render(lane_id, rows, now=now)

    with receiving() as receiver:
        drain(LosesOne({lane: receiver.url}, deadline_ms=90_000), edge)

    assert receiver.bodies == [kept.bytes]
    assert waiting(lane) == [lost]


def test_many_hanging_lanes_leave_room_for_the_others(edge):
    hanging = [add_lane() for _ in range(50)]
    healthy = [add_lane() for _ in range(10)]
    for lane in hanging:
        add_rows(lane, 16)
    rows = {lane: add_rows(lane, 3) for lane in healthy}

    with receiving(hang_for(9.0)) as bad, receiving() as good:
        urls = {**dict.fromkeys(hanging, bad.url), **dict.fromkeys(healthy, good.url)}
        drain(PostsRowIds(urls, deadline_ms=4_000, concurrency=16), edge, claiming_s=1.0)

    cut_at = min(
        min(column("integrations_attempt", "started_at", lane), default=queue.NEVER) for lane in hanging
    )
    for lane in healthy:
        assert outcomes(lane) == dict.fromkeys(rows[lane], "delivered")
        ended = max(column("integrations_deliveryresult", "ended_at", lane))
        assert ended < cut_at + timedelta(seconds=4)


def test_a_lane_that_is_known_to_be_slow_is_left_to_other_runs_while_only_slow_requests_keep_this_one(edge):
    hanging, slow, quick = add_lane(), add_lane(is_quick=False), add_lane(is_quick=True)
    add_rows(hanging, 1)
    late = [add_rows(slow, 1, due_in_s=1.2), add_rows(quick, 1, due_in_s=1.2)]

    with receiving(hang_for(4.0)) as bad, receiving() as good:
        urls = {hanging: bad.url, slow: good.url, quick: good.url}
        drain(PostsRowIds(urls, deadline_ms=3_000), edge, claiming_s=0.5)

    assert [waiting(slow), waiting(quick)] == [late[0], []]


def test_credentials_that_are_refused_in_a_row_pause_the_lane_and_no_delivery_ends(edge):
    lane = add_lane()
    rows = add_rows(lane, 30)

    with receiving((401, {})) as receiver:
        owner = PostsRowIds({lane: receiver.url}, refusals=5, concurrency=3)
        drain(owner, edge)

    assert outcomes(lane) == {}
    assert len(waiting(lane)) == len(rows)
    assert len(receiver.bodies) < 10
    ((paused, reason),) = owner.pauses
    assert paused == lane
    assert reason.startswith("5 requests in a row were answered 401")
    assert lane_column(lane, "paused_reason") == reason
    assert sum(column("integrations_delivery", "attempts", lane)) == 4
    assert set(column("integrations_delivery", "claim_id IS NULL", lane)) == {True}
    assert any("5 such answers in a row" in said for said in column("integrations_delivery", "reason", lane))
    assert lane_column(lane, "breaker_failures") == 0  # the other side lives


def test_a_401_now_and_then_pauses_nothing_and_its_delivery_is_tried_again(edge):
    lane = add_lane()
    rows = add_rows(lane, 4)

    with receiving(*[(401, {}), (401, {}), (200, {})] * 2, (200, {})) as receiver:
        owner = PostsRowIds({lane: receiver.url}, refusals=3, concurrency=1)
        drain(owner, edge)

    assert owner.pauses == []
    assert outcomes(lane) == dict.fromkeys(rows, "delivered")


def test_a_delivery_that_alone_is_answered_401_ends_with_its_attempts(edge):
    lane = add_lane()
    (row,) = add_rows(lane, 1)

    with receiving((401, {})) as receiver:
        owner = PostsRowIds({lane: receiver.url}, refusals=SOON.attempts + 1, concurrency=1)
        drain(owner, edge)

    assert outcomes(lane) == {row: "exhausted"}
    assert len(receiver.bodies) == SOON.attempts


def test_who_resumes_a_lane_that_was_refused_begins_a_new_streak(edge):
    lane = add_lane()
    rows = add_rows(lane, 9)

    with receiving(*[(401, {})] * 3, (200, {})) as receiver:
        owner = PostsRowIds({lane: receiver.url}, refusals=3, concurrency=1)
        drain(owner, edge)
        resume(lane)
        receiver.answers.insert(0, (401, {}))
        drain(owner, edge)

    assert len(owner.pauses) == 1
    assert outcomes(lane) == dict.fromkeys(rows, "delivered")


def test_a_breaker_that_only_observes_opens_and_lets_nothing_wait(edge):
    lane = add_lane()
    rows = add_rows(lane, 12)
    breaker = BreakerPolicy(failures=3, only_observes=True)

    with receiving(*[(500, {})] * 8, (200, {})) as receiver:
        owner = PostsRowIds({lane: receiver.url}, breaker=breaker, concurrency=1)
        drain(owner, edge)

    assert owner.moments == [(lane, "opened"), (lane, "closed")]
    assert owner.told == [
        "3 requests in a row failed. The breaker only observes: deliveries go on.",
        "A request was answered again. The breaker only observes: deliveries went on meanwhile.",
    ]
    assert outcomes(lane) == dict.fromkeys(rows, "delivered")


def test_a_breaker_that_is_closed_by_hand_while_a_run_holds_the_lane_is_probed_at_once(edge):
    lane, other = add_lane(), add_lane()
    rows = add_rows(lane, 6)
    add_rows(other, 1)

    class ClosesByHand(PostsRowIds):
        def announce(self, lane_id, transition, reason, *, now):
            super().announce(lane_id, transition, reason, now=now)
            if transition == "opened":
                by_hand.append(now)

        def policies(self, lane_ids):
            return {
                id_: replace(self.policy, breaker=BreakerPolicy(failures=2, open_s=60)) for id_ in lane_ids
            }

        def judge(self, flight, response, *, now):
            if by_hand and flight.rows[0].lane_id == other:
                queue.retry_lane_now(TABLES, lane)
            return super().judge(flight, response, now=now)

    by_hand = []
    with receiving((500, {}), (500, {}), (200, {})) as receiver, receiving(answer_after(0.6)) as slow:
        owner = ClosesByHand({lane: receiver.url, other: slow.url}, concurrency=1)
        drain(owner, edge)

    assert owner.moments == [(lane, "opened"), (lane, "closed")]
    assert outcomes(lane) == dict.fromkeys(rows, "delivered")


@pytest.mark.parametrize("rate", [None, RateLimit(per_s=100, burst=100)])
def test_who_retries_now_does_not_wait_for_the_tokens_of_a_lane_that_was_asked_to_wait(edge, rate):
    lane = add_lane()
    add_rows(lane, 2)

    class Told(PostsRowIds):
        def judge(self, flight, response, *, now):
            return [judge(response, retry_after_s=600)]

    with receiving((429, {}), (200, {})) as receiver:
        owner = Told({lane: receiver.url}, concurrency=1, rate=rate)
        drain(owner, edge)
        time.sleep(WINDOW_S)  # then the pace follows, and limits too
        queue.retry_lane_now(TABLES, lane)
        drain(owner, edge)

    assert sorted(outcomes(lane).values()) == ["delivered"]
    assert len(receiver.bodies) == 2


def test_a_lane_with_no_declared_limit_learns_one_from_429(edge):
    lane = add_lane()
    add_rows(lane, 200)

    with receiving(*[(200, {})] * 8, (429, {}), (200, {})) as receiver:
        owner = PostsRowIds({lane: receiver.url}, concurrency=4, retry=replace(SOON, throttle_s=1.0))
        drain(owner, edge, claiming_s=2.5, linger_s=1.5)

    pace = lane_column(lane, "pace->>'per_s'")
    assert pace is not None
    assert float(pace) < 60
    assert len(receiver.bodies) < 200


def test_rows_gather_into_a_batch_while_a_request_flies(edge):
    lane = add_lane()
    add_rows(lane, 1)
    late = add_rows(lane, 3, due_in_s=0.2) + add_rows(lane, 3, due_in_s=0.4)

    class Batches(PostsRowIds):
        def render(self, lane_id, rows, *, now):
            flights = super().render(lane_id, rows, now=now).flights
            return Rendering(flights=[replace(flights[0], rows=tuple(rows))])

    with receiving(answer_after(0.8), (200, {})) as receiver:
        owner = Batches({lane: receiver.url}, rows_per_request=100, gathers_s=5.0)
        drain(owner, edge, linger_s=0.5)

    assert len(receiver.bodies) == 2
    assert [len(ids) for ids in column("integrations_attempt", "delivery_ids", lane)] == [1, len(late)]


def test_an_attempt_keeps_the_mode_it_was_made_in(edge):
    lane = add_lane()
    add_rows(lane, 1)

    class InTestMode(PostsRowIds):
        def render(self, lane_id, rows, *, now):
            return Rendering(flights=[replace(self._flight(lane_id, row), mode="test") for row in rows])

    with receiving() as receiver:
        drain(InTestMode({lane: receiver.url}), edge)

    assert column("integrations_attempt", "mode", lane) == ["test"]


def test_a_run_that_leaves_due_rows_asks_for_another(edge):
    lane = add_lane()
    add_rows(lane, 400)

    with receiving(answer_after(0.05)) as receiver:
        run = Drain([PostsRowIds({lane: receiver.url}, concurrency=2)], edge, lease=timedelta(seconds=60))
        run.run(claiming_s=0.2)

    assert waiting(lane) != []
    assert run.has_more is True


def planner():
    """Whether PostgreSQL may read whole tables, and may gather rows before it sorts them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('enable_seqscan'), current_setting('enable_bitmapscan')")
        return cursor.fetchone()


def test_a_run_of_the_loop_goes_by_index_and_leaves_the_connection_as_it_was(edge):
    """Of 150,000 waiting rows PostgreSQL sorted 130,000 for each claim until it had analyzed them."""
    seen = []

    class Looks(PostsRowIds):
        def render(self, lane_id, rows, *, now):
            seen.append(planner())
            return Rendering()

    with connection.cursor() as cursor:
        cursor.execute("RESET enable_seqscan; RESET enable_bitmapscan")
    lane = add_lane()
    add_rows(lane, 1)

    drain(Looks({lane: ""}), edge, claiming_s=0.1)

    assert seen == [("off", "off")]
    assert planner() == ("on", "on")
