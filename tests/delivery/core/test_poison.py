"""Who goes on together after workers have died."""

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.core.poison import CLAIM_MOST, POISON_FLIGHTS, apart, must_be_alone


@dataclass(frozen=True)
class Delivery:
    id: int
    flights: int


def claimed(*flights: int) -> list[Delivery]:
    return [Delivery(id, count) for id, count in enumerate(flights)]


@pytest.mark.parametrize(("flights", "most"), [(1, 500), (2, 125), (3, 31), (4, 7), (5, 1), (6, 1)])
def test_each_death_leaves_a_quarter_of_the_company(flights: int, most: int) -> None:
    together, others = apart(claimed(flights, *[1] * 499))

    assert (len(together), len(others)) == (most, 500 - most)
    assert together[0].flights == flights


def test_without_a_death_all_go_on() -> None:
    rows = claimed(*[1] * CLAIM_MOST)

    assert apart(rows) == (rows, ())


@given(st.lists(st.integers(1, POISON_FLIGHTS + 1), max_size=40))
def test_none_is_forgotten_and_the_worst_goes_on(flights: list[int]) -> None:
    rows = claimed(*flights)

    together, others = apart(rows)

    assert sorted([*together, *others], key=lambda one: one.id) == rows
    assert not others or min(one.flights for one in together) >= max(one.flights for one in others)


def test_who_would_be_set_aside_by_the_next_death_is_alone() -> None:
    assert must_be_alone(claimed(1, POISON_FLIGHTS))
    assert not must_be_alone(claimed(1, POISON_FLIGHTS - 1))
