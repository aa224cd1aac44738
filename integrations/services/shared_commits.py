"""Requests that come at the same time share one transaction: leader and followers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

Work = TypeVar("Work")
Done = TypeVar("Done")


class _Ticket(Generic[Work, Done]):
    """One thread's work, and what came of it."""

    __slots__ = ("done", "error", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.done: list[Done] = []
        self.error: Exception | None = None

    def result(self) -> Done:
        if self.error is not None:
            raise self.error
        return self.done[0]

    @property
    def is_over(self) -> bool:
        return bool(self.done) or self.error is not None


class SharedCommits(Generic[Work, Done]):
    """The thread whose turn it is commits the work of all that wait, each of them gets its own result.

    `commit` takes works and gives one result each, in order, all in one transaction. When it raises, each
    work is committed alone, so that only the one at fault pays for it.
    """

    def __init__(
        self, commit: Callable[[Sequence[Work]], Sequence[Done]], *, is_final: Callable[[Exception], bool]
    ) -> None:
        self._commit = commit
        self._is_final = is_final
        self._turn = Lock()
        self._waiting: list[_Ticket[Work, Done]] = []
        self._door = Lock()

    def submit(self, work: Work) -> Done:
        """Blocks until the work is committed. Raises what its commit raised."""
        ticket: _Ticket[Work, Done] = _Ticket(work)
        with self._door:
            self._waiting.append(ticket)
        with self._turn:
            if not ticket.is_over:
                with self._door:
                    tickets, self._waiting = self._waiting, []
                self._lead(tickets)
        return ticket.result()

    def _lead(self, tickets: Sequence[_Ticket[Work, Done]]) -> None:
        try:
            for ticket, done in zip(tickets, self._commit([one.work for one in tickets]), strict=True):
                ticket.done.append(done)
        except Exception as error:
            if len(tickets) == 1 or self._is_final(error):
                for ticket in tickets:
                    ticket.error = error
            else:
                for ticket in tickets:
                    self._lead([ticket])
