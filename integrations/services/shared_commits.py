"""Requests that come at the same time share one transaction: leader and followers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Generic, TypeVar

Work = TypeVar("Work")
Done = TypeVar("Done")


class _Ticket(Generic[Work, Done]):
    """One thread's work, what came of it, and the thread's own bell."""

    __slots__ = ("bell", "done", "error", "leads", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.done: list[Done] = []
        self.error: BaseException | None = None
        self.leads = False
        self.bell = Lock()
        self.bell.acquire()

    def result(self) -> Done:
        if self.error is not None:
            raise self.error
        return self.done[0]


class SharedCommits(Generic[Work, Done]):
    """The leader commits the work of all that wait; each thread gets its own result.

    `commit` takes works and gives one result each, in order, all in one transaction. When it raises, each
    work is committed alone, so that only the one at fault pays for it; not when `is_final` says that this
    would help nobody. Each follower waits on its own bell: on a common lock, those whose work is done would
    stand in line behind the next commit.
    """

    def __init__(
        self, commit: Callable[[Sequence[Work]], Sequence[Done]], *, is_final: Callable[[Exception], bool]
    ) -> None:
        self._commit = commit
        self._is_final = is_final
        self._door = Lock()
        self._is_led = False
        self._waiting: list[_Ticket[Work, Done]] = []

    def submit(self, work: Work) -> Done:
        """Blocks until the work is committed. Raises what its commit raised."""
        ticket: _Ticket[Work, Done] = _Ticket(work)
        if not self._leads_at_once(ticket):
            ticket.bell.acquire()
            if not ticket.leads:
                return ticket.result()
        tickets = self._take_waiting(ticket)
        try:
            self._lead(tickets)
        except BaseException as error:  # a dying leader leaves nobody waiting
            for other in tickets:
                other.error = other.error or error
        finally:
            self._hand_over()
            for other in tickets:
                if other is not ticket:
                    other.bell.release()
        return ticket.result()

    def _leads_at_once(self, ticket: _Ticket[Work, Done]) -> bool:
        """Whether nobody leads; otherwise the ticket waits."""
        with self._door:
            self._waiting.append(ticket)
            if self._is_led:
                return False
            self._is_led = True
            return True

    def _take_waiting(self, leader: _Ticket[Work, Done]) -> list[_Ticket[Work, Done]]:
        with self._door:
            tickets, self._waiting = self._waiting, []
        assert leader in tickets
        return tickets

    def _hand_over(self) -> None:
        """Who waits longest leads next."""
        with self._door:
            self._is_led = bool(self._waiting)
            if self._waiting:
                self._waiting[0].leads = True
                self._waiting[0].bell.release()

    def _lead(self, tickets: Sequence[_Ticket[Work, Done]]) -> None:
        try:
            for ticket, done in zip(tickets, self._commit([one.work for one in tickets]), strict=True):
                ticket.done.append(done)
        except Exception as error:
            if len(tickets) > 1 and not self._is_final(error):
                for ticket in tickets:
                    self._lead([ticket])
                return
            for ticket in tickets:
                ticket.error = error
