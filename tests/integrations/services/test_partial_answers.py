"""Answers that take some events of a batch and refuse others, over real sockets and PostgreSQL."""

import pytest

from tests.integrations.stub_vendor import attempts, deliver, ends, send, stub_destination, waits

pytestmark = pytest.mark.django_db
BY_INDEX = [
    {
        "status": 200,
        "verdict": "delivered",
        "receipt": "id",
        "except": [
            {"each": "failed", "index": "i", "when": "retry", "verdict": "failed", "reason": "why"},
            {"each": "failed", "index": "i", "verdict": "rejected", "reason": "why"},
        ],
    }
]


def test_taken_events_are_delivered_refused_ones_rejected_and_failed_ones_tried_again(vendor):
    def answer(asked):
        if asked.names != ["good", "bad", "busy"]:
            return 200, {"id": "r-2"}
        return 200, {
            "id": "r-1",
            "failed": [{"i": 1, "why": "no id"}, {"i": 2, "why": "busy", "retry": True}],
        }

    stub = vendor(answer)
    destination = stub_destination(responses=BY_INDEX)
    send(destination, "good", "bad", "busy")

    deliver()

    assert [one.names for one in stub.asked] == [["good", "bad", "busy"], ["busy"]]
    assert ends(destination) == [
        ("delivered", "Receipt of Stub: r-1.", 1),
        ("rejected", "Stub answered 200 and named this event: no id", 1),
        ("delivered", "Receipt of Stub: r-2.", 2),
    ]
    assert [one.verdict for one in attempts(destination)] == ["partial", "delivered"]


def test_an_answer_longer_than_what_is_kept_is_read_to_its_end(vendor):
    failed = [{"i": 0, "why": "x" * 9_000}, {"i": 2, "why": "the last one"}]
    vendor(lambda asked: (200, {"failed": failed}))
    destination = stub_destination(responses=BY_INDEX)
    send(destination, "one", "two", "three")

    deliver()

    assert [outcome for outcome, _, _ in ends(destination)] == ["rejected", "delivered", "rejected"]
    assert len(attempts(destination)[0].response_body) == 8192


def test_events_that_a_bad_one_held_up_are_sent_again_without_it_and_spend_no_attempt(vendor):
    rules = [{"status": 400, "verdict": "again", "except": [{"each": "fields", "verdict": "rejected"}]}]
    stub = vendor(
        lambda asked: (
            (400, {"fields": {"time": [asked.names.index("bad")]}}) if "bad" in asked.names else (200, {})
        )
    )
    destination = stub_destination(responses=rules)
    send(destination, "a", "bad", "c")

    deliver()

    assert [one.names for one in stub.asked] == [["a", "bad", "c"], ["a", "c"]]
    assert ends(destination) == [
        ("delivered", "", 1),
        ("rejected", "Stub answered 400 and named this event: time", 1),
        ("delivered", "", 1),
    ]


@pytest.mark.parametrize(
    "bad", [{"e3"}, {"e0", "e9"}, {"e1", "e2", "e3", "e8"}, {f"e{i}" for i in range(10)}]
)
def test_one_bad_event_in_an_atomic_batch_costs_only_itself(vendor, bad):
    stub = vendor(
        lambda asked: (400, {"error": "bad batch"}) if bad & set(asked.names) else (200, {"ok": True})
    )
    destination = stub_destination(responses=[{"status": 400, "verdict": "split", "reason": "error"}])
    names = [f"e{i}" for i in range(10)]
    send(destination, *names)

    deliver()

    assert ends(destination) == [
        ("rejected", "Stub answered 400: bad batch", 1) if name in bad else ("delivered", "", 1)
        for name in names
    ]
    assert waits(destination) == []
    taken = [name for one in stub.asked if not bad & set(one.names) for name in one.names]
    assert sorted(taken) == sorted(set(names) - bad), "each good event was taken exactly once"
    assert len(stub.asked) <= 2 * len(names) + 1


def test_a_worker_that_dies_while_halving_leaves_the_halves_to_the_next(vendor):
    stub = vendor(lambda asked: (400, {"error": "bad"}) if "e1" in asked.names else (200, {}))
    destination = stub_destination(responses=[{"status": 400, "verdict": "split", "reason": "error"}])
    send(destination, "e0", "e1", "e2", "e3")

    deliver(claiming_s=0.0001, linger_s=0)
    deliver(claiming_s=0.0001, linger_s=0)
    halved = {row.most_together for row in waits(destination)}
    deliver()

    assert halved <= {1, 2}
    assert [outcome for outcome, _, _ in ends(destination)] == [
        "delivered",
        "rejected",
        "delivered",
        "delivered",
    ]
    assert [len(one.names) for one in stub.asked][:1] == [4]


def test_a_batch_of_which_some_were_taken_does_not_open_the_breaker(vendor):
    vendor(lambda asked: (200, {"failed": [{"i": 0, "why": "busy", "retry": True}]}))
    destination = stub_destination(responses=BY_INDEX, batch={"max_count": 2})
    send(destination, *[f"e{i}" for i in range(40)])

    deliver(claiming_s=0.5)

    destination.lane.refresh_from_db()
    assert destination.lane.breaker_state == "closed"
