"""A back end that sends events in batches and, as SDKs do, sends a batch again until it is accepted."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from itertools import cycle

import requests

from tests.system.router import Router, new_user, visitor

SIZE = 50
AGAIN_S = 0.2
GIVE_UP_S = 120.0


class Sender:
    """Sends on a thread of its own between `start` and `finish`. `accepted` grows by ids in their order."""

    def __init__(self, url: str, write_keys: Sequence[str], *, events: int, per_s: float) -> None:
        self.events, self.accepted, self.repeats = events, list[str](), 0
        self._url, self._keys, self._pause_s = url, write_keys, SIZE / per_s
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)

    def start(self) -> None:
        self._thread.start()

    @property
    def is_sending(self) -> bool:
        return self._thread.is_alive()

    def finish(self) -> None:
        """Wait until all are accepted. Raises what went wrong meanwhile."""
        self._thread.join()
        if self._error:
            raise self._error

    def _run(self) -> None:
        try:
            keys = cycle(self._keys)
            while len(self.accepted) < self.events:
                self._send(next(keys), min(SIZE, self.events - len(self.accepted)))
                time.sleep(self._pause_s)
        except BaseException as error:
            self._error = error

    def _send(self, key: str, count: int) -> None:
        batch = [_event() for _ in range(count)]
        give_up_at = time.monotonic() + GIVE_UP_S
        while not self._is_accepted(key, batch):
            assert time.monotonic() < give_up_at, "Nothing is accepted any more."
            self.repeats += 1
            time.sleep(AGAIN_S)
        self.accepted += [str(event["messageId"]) for event in batch]

    def _is_accepted(self, key: str, batch: list[dict[str, object]]) -> bool:
        try:
            with Router(self._url, key) as router:
                answer = router.submit_batch(batch)
        except (requests.ConnectionError, requests.Timeout):
            return False
        assert answer.status_code in (200, 503), f"{answer.status_code}: {answer.text}"
        if answer.status_code == 200:
            assert answer.json() == {"success": True}
        return answer.status_code == 200


def _event() -> dict[str, object]:
    name = new_user()
    event = {"type": "track", "event": "Order Completed", "userId": name, "messageId": f"message-of-{name}"}
    return event | {"context": visitor()}
