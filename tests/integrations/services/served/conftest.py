"""Shelves as web processes have them: each with its own memory and reader, all with one Valkey."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from integrations.services.served.shelf import Shelf


@pytest.fixture
def new_shelf(transactional_db: None) -> Iterator[Callable[..., Shelf]]:
    """A web process that has just started."""
    shelves: list[Shelf] = []

    def start(**limits: int) -> Shelf:
        shelves.append(Shelf(**{"most_bytes": 10_000_000} | limits))
        return shelves[-1]

    yield start
    for shelf in shelves:
        shelf.close()


@pytest.fixture
def shelf(new_shelf: Callable[..., Shelf]) -> Shelf:
    return new_shelf()
