"""Failures a vendor was told to show: what they are, how they are asked for, and how long they last."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from threading import Event, Lock


class InvalidFault(ValueError):
    """The fault can't be set; the message says what to send."""


class Mode(StrEnum):
    STATUS = "status"
    SLOW = "slow"
    HANG = "hang"
    DROP = "drop"
    PARTIAL = "partial"
    MALFORMED = "malformed"


# The number fields of a fault, with the lowest and highest value of each; times are in milliseconds.
NUMBERS = {
    "times": (1, 1_000_000),
    "status": (200, 599),
    "delay_ms": (0, 120_000),
    "hold_ms": (0, 120_000),
}


@dataclass(frozen=True, kw_only=True)
class Fault:
    """One way to fail. `times` None lasts until a reset; `path` narrows it to paths that start so.

    `processed` lets the vendor handle the request before it goes silent (drop, hang): the case where the
    sender can't know whether its conversion counted.
    """

    vendor: str
    mode: Mode
    path: str = ""
    times: int | None = None
    status: int | None = None
    retry_after: str | None = None
    body: object = None
    delay_ms: int = 1_000
    hold_ms: int = 30_000
    indexes: tuple[int, ...] = (0,)
    processed: bool = False

    def __str__(self) -> str:
        match self.mode:
            case Mode.STATUS:
                wait = f" with Retry-After {self.retry_after}" if self.retry_after else ""
                return f"answers {self.status or 500}{wait}"
            case Mode.SLOW:
                return f"answers after {self.delay_ms} ms"
            case Mode.HANG:
                return f"holds the request up to {self.hold_ms} ms and never answers"
            case Mode.DROP:
                return "closes the connection without an answer"
            case Mode.PARTIAL:
                return f"refuses elements {', '.join(map(str, self.indexes))} of a batch"
            case Mode.MALFORMED:
                return "answers with broken JSON"


def parse_fault(asked: object) -> Fault:
    """A fault from a control body or form, where numbers may be text. Raises InvalidFault."""
    if not isinstance(asked, dict):
        raise InvalidFault(
            'Send a JSON object, such as {"vendor": "adroll", "mode": "status", "status": 500}'
        )
    unknown = set(asked) - set(Fault.__dataclass_fields__)
    if unknown:
        raise InvalidFault(
            f"Unknown: {', '.join(sorted(unknown))}. Known: {', '.join(Fault.__dataclass_fields__)}"
        )
    given = {name: value for name, value in asked.items() if value is not None and value != ""}
    if not given.get("vendor"):
        raise InvalidFault("Name the vendor that is to fail")
    return Fault(
        vendor=str(given["vendor"]),
        mode=_mode(given.get("mode")),
        path=str(given.get("path", "")),
        retry_after=str(given["retry_after"]) if "retry_after" in given else None,
        body=given.get("body"),
        indexes=_indexes(given.get("indexes", [0])),
        processed=given.get("processed") in (True, "true", "on"),
        **{name: _whole(name, given[name]) for name in NUMBERS if name in given},
    )


def fault_in_query(vendor: str, query: Mapping[str, str]) -> Fault | None:
    """A fault asked for by the URL: `?sandbox_fail=500`, `?sandbox_fail=slow&sandbox_delay_ms=200`."""
    asked = query.get("sandbox_fail")
    if not asked:
        return None
    mode = {"mode": "status", "status": asked} if asked.isdigit() else {"mode": asked}
    details = {
        name.removeprefix("sandbox_"): value for name, value in query.items() if name.startswith("sandbox_")
    }
    details.pop("fail")
    return parse_fault({"vendor": vendor} | mode | details)


class Faults:
    """The faults that are set now, one for each vendor and path; the longest path wins."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._active: dict[tuple[str, str], tuple[Fault, int | None]] = {}
        self._released = Event()

    def set(self, fault: Fault) -> None:
        with self._lock:
            self._active[fault.vendor, fault.path] = (fault, fault.times)

    def take(self, vendor: str, path: str) -> Fault | None:
        """The fault that this request meets, if any; that spends one of its times."""
        with self._lock:
            met = [place for place in self._active if place[0] == vendor and path.startswith(place[1])]
            if not met:
                return None
            place = max(met, key=lambda candidate: len(candidate[1]))
            fault, left = self._active.pop(place)
            if left != 1:
                self._active[place] = (fault, left and left - 1)
            return fault

    def active(self) -> list[tuple[Fault, int | None]]:
        """Each fault with the number of requests it still meets; None means until a reset."""
        with self._lock:
            return list(self._active.values())

    def reset(self) -> None:
        """Clear every fault and let go of the requests that are held."""
        with self._lock:
            self._active.clear()
            released, self._released = self._released, Event()
        released.set()

    def hold(self, milliseconds: int) -> None:
        """Wait, but not beyond a reset."""
        self._released.wait(milliseconds / 1000)


def _mode(value: object) -> Mode:
    try:
        return Mode(str(value))
    except ValueError:
        raise InvalidFault(f"mode must be one of {', '.join(Mode)}") from None


def _whole(name: str, value: object) -> int:
    lowest, highest = NUMBERS[name]
    text = str(value)
    if not text.isdecimal() or not lowest <= int(text) <= highest:
        raise InvalidFault(f"{name} must be a whole number from {lowest} to {highest}")
    return int(text)


def _indexes(value: object) -> tuple[int, ...]:
    """Indexes from a list or from text such as `0, 2`."""
    parts = value.split(",") if isinstance(value, str) else value
    if not isinstance(parts, list) or not parts or not all(str(part).strip().isdecimal() for part in parts):
        raise InvalidFault("indexes must be a list of element numbers, counted from 0")
    return tuple(int(str(part)) for part in parts)
