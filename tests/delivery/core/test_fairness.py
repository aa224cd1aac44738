"""Slow lanes leave room for the others."""

from hypothesis import given, settings
from hypothesis import strategies as st

from delivery.core.fairness import MOST_IN_FLIGHT, Standing, room, share


def test_one_lane_alone_may_have_more_than_any_cap():
    assert min(share(standing, 1) for standing in Standing) >= 100


def test_slow_lanes_share_their_room():
    assert share(Standing.SLOW, 48) == 4
    assert share(Standing.SLOW, 10_000) == 1


def test_quick_lanes_have_room_however_many_are_slow_or_new():
    assert room(Standing.QUICK, {Standing.SLOW: 192, Standing.UNPROVEN: 64}) == MOST_IN_FLIGHT // 2


def test_a_new_lane_has_room_however_many_are_slow():
    assert room(Standing.SLOW, {Standing.SLOW: 192}) == 0
    assert room(Standing.UNPROVEN, {Standing.SLOW: 192}) == 64


@settings(deadline=None)
@given(st.lists(st.sampled_from(Standing), max_size=2_000))
def test_a_process_never_has_more_in_flight_than_it_may(arrivals):
    in_flight = dict.fromkeys(Standing, 0)
    for standing in arrivals:
        in_flight[standing] += min(1, room(standing, in_flight))

    assert sum(in_flight.values()) <= MOST_IN_FLIGHT
