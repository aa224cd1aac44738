"""What planning, mapping and batching one event for one vendor can give."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from delivery.core.request import Request
from integrations.core.skips import SkipReason


class Mode(StrEnum):
    """Where a destination sends: the vendor, the vendor's test mode, or the operator's sandbox."""

    LIVE = "live"
    TEST = "test"
    SANDBOX = "sandbox"


class RejectReason(StrEnum):
    """The closed list of reasons why an event is refused before sending."""

    MAPPING = "mapping"  # a required field is missing or a value can't be used
    IDENTIFIERS = "identifiers"  # an any-of or exactly-one-of group is not met
    SETTINGS = "settings"
    TOO_OLD = "too_old"
    IN_FUTURE = "in_future"
    TOO_LARGE = "too_large"
    NO_TEST_MODE = "no_test_mode"
    NO_SANDBOX = "no_sandbox"
    ACCESS_TOKEN = "access_token"  # noqa: S105  # a test can't wait until the vendor gives one


@dataclass(frozen=True, kw_only=True, slots=True)
class Planned:
    """The vendor gets the event, by this rule and operation, in so many parts."""

    operation: str
    rule: str
    parts: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Skipped:
    """The vendor does not get the event, for a reason of the closed list."""

    reason: SkipReason
    sentence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Rejected:
    """The vendor would refuse the event; the sentence says what to change."""

    reason: str
    code: RejectReason = RejectReason.MAPPING


@dataclass(frozen=True, kw_only=True, slots=True)
class Element:
    """One event in the vendor's form. `url` and `headers` stand here only when they depend on the event."""

    operation: str
    rule: str
    body: bytes
    url: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    group: bytes = b""  # the fields that the events of its request must have in common, as JSON
    array: str = ""  # the list of the envelope that it belongs to, where there are several
    notes: tuple[str, ...] = ()  # optional fields that were left out, as sentences


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchRequest:
    """One request and the positions of the elements that it carries, in its order.

    `arrays` are the members of each list, by their place among `members`, where the envelope has several.
    `grant` is the key of the grant whose access token it carries, empty without one.
    """

    operation: str
    request: Request
    members: tuple[int, ...]
    grant: str = ""
    arrays: Mapping[str, tuple[int, ...]] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Refused:
    """Elements that can't be sent at all."""

    members: tuple[int, ...]
    reason: str
    code: RejectReason
