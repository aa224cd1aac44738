"""The declared parts of a vendor: plain values read from its document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class UnknownOutcome(StrEnum):
    """What happens when a request left and no answer came."""

    RETRY = "retry"
    VERIFY = "verify"
    HOLD = "hold"


class BodyKind(StrEnum):
    JSON = "json"
    FORM = "form"
    LINES = "ndjson"
    NONE = "none"


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    title: str
    url: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Setting:
    """One field of a destination's form. `required_for` names the operations that can't do without it,
    `required_when` is a condition on other settings, as its file writes it.
    """

    name: str
    type: str
    label: str
    help: str = ""
    required: bool = False
    required_for: tuple[str, ...] = ()
    required_when: Mapping[str, object] | None = None
    secret: bool = False
    choices: tuple[Choice, ...] = ()
    pattern: str = ""
    default: object = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ClickId:
    """A query parameter that names an ad click, and how long the browser keeps it."""

    parameter: str
    cookie: str
    lifetime_days: int
    about: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class IdentitySync:
    """How the tracking file obtains one identifier."""

    id: str
    method: str
    lifetime_days: int | None
    options: Mapping[str, object]
    about: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Consent:
    classification: str
    about: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class TestMode:
    __test__ = False  # not a test class

    supported: bool
    about: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """How many events one request may carry, and how many in test mode."""

    max_count: int = 1
    test_max_count: int | None = None
    max_bytes: int = 4_000_000
    max_wait_ms: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class RateLimit:
    requests: int
    per_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TimeRules:
    """How old an event may be, and how far ahead its clock."""

    max_age_s: int | None = None
    future_skew_s: int | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Deduplication:
    """The vendor's field by which it knows a repeated event, and for how long."""

    key: str
    window: str = ""
    about: str = ""


def read_setting(name: str, document: Mapping[str, Any]) -> Setting:
    return Setting(
        name=name,
        type=document["type"],
        label=document["label"],
        help=document.get("help", ""),
        required=document.get("required", False),
        required_for=tuple(document.get("required_for", ())),
        required_when=document.get("required_when"),
        secret=document.get("secret", False),
        choices=tuple(_choice(entry) for entry in document.get("choices", ())),
        pattern=document.get("pattern", ""),
        default=document.get("default"),
    )


def read_click_id(document: Mapping[str, Any]) -> ClickId:
    return ClickId(
        parameter=document["parameter"],
        cookie=document.get("cookie", ""),
        lifetime_days=document["lifetime_days"],
        about=document.get("about", ""),
    )


def read_identity_sync(document: Mapping[str, Any]) -> IdentitySync:
    return IdentitySync(
        id=document["id"],
        method=document["method"],
        lifetime_days=document.get("lifetime_days"),
        options=document.get("options", {}),
        about=document.get("about", ""),
    )


def read_links(documents: Sequence[Mapping[str, Any]]) -> tuple[Link, ...]:
    return tuple(Link(title=entry["title"], url=entry["url"]) for entry in documents)


def _choice(entry: Any) -> Choice:
    if isinstance(entry, str):
        return Choice(value=entry, label=entry)
    return Choice(value=entry["value"], label=entry["label"])
