"""What each vendor received: the last requests in memory, and total counts that never shrink."""

import json
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock

from .clock import now_text
from .web import Request

KEPT_REQUESTS = 5_000
KEPT_BYTES = 64 * 1024 * 1024

_SECRET_HEADERS = {"Authorization", "Proxy-Authorization", "X-Api-Key", "Cookie"}


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request as a vendor saw it. `status` is None when no answer was given."""

    number: int
    at: str
    vendor: str
    method: str
    path: str
    query: dict[str, str]
    query_string: str
    headers: dict[str, str]
    body_text: str
    is_json: bool
    status: int | None
    accepted: bool
    errors: tuple[str, ...]
    dry_run: bool
    events: int
    remark: str
    fault: str

    @property
    def body(self) -> object:
        return json.loads(self.body_text) if self.is_json else self.body_text

    def as_json(self) -> dict[str, object]:
        shown = {name: value for name, value in vars(self).items() if name not in ("body_text", "is_json")}
        return shown | {"body": self.body, "errors": list(self.errors)}


@dataclass(kw_only=True)
class VendorLog:
    """The kept requests of one vendor, newest last, and the totals since the last reset."""

    requests: deque[Received] = field(default_factory=deque)
    bytes_kept: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, received: Received) -> None:
        self.requests.append(received)
        self.bytes_kept += len(received.body_text)
        self.counts += _counts_of(received)
        while len(self.requests) > KEPT_REQUESTS or self.bytes_kept > KEPT_BYTES:
            self.bytes_kept -= len(self.requests.popleft().body_text)


class History:
    def __init__(self) -> None:
        self._lock = Lock()
        self._logs: dict[str, VendorLog] = {}
        self._last_number = 0

    def record(self, request: Request, **outcome: object) -> Received:
        """Keep a request with its outcome: every field of Received that the request does not have."""
        body_text, is_json = _readable(request)
        with self._lock:
            self._last_number += 1
            received = Received(
                number=self._last_number,
                at=now_text(),
                method=request.method,
                path=request.path,
                query=request.query,
                query_string=request.query_string,
                headers={name: _masked(name, value) for name, value in request.headers.items()},
                body_text=body_text,
                is_json=is_json,
                **outcome,  # type: ignore[arg-type]
            )
            self._logs.setdefault(received.vendor, VendorLog()).add(received)
        return received

    def requests(self, vendor: str | None = None) -> list[Received]:
        """The kept requests of one vendor, or of all, newest last."""
        with self._lock:
            logs = self._logs.values() if vendor is None else [self._logs.get(vendor, VendorLog())]
            kept = [received for log in logs for received in log.requests]
        return sorted(kept, key=lambda received: received.number)

    def find(self, number: int) -> Received | None:
        return next((received for received in self.requests() if received.number == number), None)

    def counts(self, vendor: str) -> Counter[str]:
        """Totals since the last reset: received, accepted, refused, events, dry_run."""
        with self._lock:
            return Counter(self._logs.get(vendor, VendorLog()).counts)

    def vendors(self) -> Iterable[str]:
        with self._lock:
            return list(self._logs)

    def clear(self) -> None:
        with self._lock:
            self._logs.clear()


def mask_secret(value: str) -> str:
    """Scheme word and last four characters: `Token abcdef1234` becomes `Token ****1234`."""
    scheme, space, secret = value.rpartition(" ")
    return f"{scheme}{space}****{secret[-4:] if len(secret) > 8 else ''}"


def _masked(name: str, value: str) -> str:
    return mask_secret(value) if name in _SECRET_HEADERS else value


def _readable(request: Request) -> tuple[str, bool]:
    """The body as text, and whether that text is JSON."""
    try:
        text = request.body.decode(errors="replace")
    except ValueError:
        return f"({len(request.raw_body)} unreadable bytes)", False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return text, False
    return text, True


def _counts_of(received: Received) -> Counter[str]:
    live = received.accepted and not received.dry_run
    return Counter(
        received=1,
        accepted=int(received.accepted),
        refused=int(not received.accepted),
        dry_run=int(received.dry_run),
        events=received.events if live else 0,
    )
