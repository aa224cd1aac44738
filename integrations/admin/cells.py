"""Cells that several pages share: chips, times, links, keys to copy."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from integrations.models import Destination, DestinationLane, WriteKey
from integrations.services.event_page import relative, utc

OUTCOME_COLOURS = {
    "delivered": "success",
    "rejected": "danger",
    "exhausted": "danger",
    "held": "warning",
    "retrying": "warning",
    "waiting": "info",
    "sending": "info",
}
MODE_COLOURS = {"live": "success", "test": "info", "sandbox": "warning"}
BREAKER_COLOURS = {"closed": "success", "open": "danger", "half_open": "warning"}
STATE_COLOURS = {"active": "success", "paused": "warning", "disabled": "danger"}
VERDICT_COLOURS = {
    "delivered": "success",
    "rejected": "danger",
    "failed": "warning",
    "throttled": "warning",
    "unknown": "warning",
    "partial": "warning",
}


def moment_of(id_: UUID) -> datetime:
    """The time in a UUIDv7."""
    return datetime.fromtimestamp((id_.int >> 80) / 1000, UTC)


def when(at: datetime | None) -> str | SafeString:
    """A time as people say it, with the exact one behind it."""
    if at is None:
        return "-"
    words = relative(at, now=timezone.now())
    return format_html(
        '<time class="s2s-when" datetime="{}" title="{}">{}</time>', at.isoformat(), utc(at), words
    )


def exact(at: datetime) -> SafeString:
    """A time to the second."""
    return format_html('<time class="s2s-when">{}</time>', f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}")


def link(viewname: str, object_id: object, text: str, anchor: str = "") -> SafeString:
    """A link to a page of this admin."""
    url = reverse(f"admin:{viewname}", args=[object_id]) + anchor
    return format_html('<a class="text-link" href="{}">{}</a>', url, text)


def chip(state: tuple[str, str]) -> SafeString:
    """A state as a chip, where unfold's own labels don't reach: in inlines and on pages."""
    return format_html('<span class="s2s-chip s2s-chip-{}">{}</span>', *state)


def key_state(key: WriteKey) -> tuple[str, str]:
    """Whether a write key may be used: a key and its word."""
    if key.revoked_at:
        return "revoked", "Revoked"
    return ("primary", "Primary") if key.is_primary else ("usable", "Usable")


def copyable(text: str) -> SafeString:
    """A text with a button that copies it."""
    return format_html(
        '<span class="s2s-copy" x-data="{{ copied: false }}"><code>{}</code>'
        '<button type="button" title="Copy" aria-label="Copy" data-copy="{}" x-on:click="navigator.clipboard'
        '.writeText($el.dataset.copy); copied = true; setTimeout(() => copied = false, 1500)">'
        "<span class=\"material-symbols-outlined\" x-text=\"copied ? 'check' : 'content_copy'\">content_copy"
        "</span></button></span>",
        text,
        text,
    )


def dialog_button(viewname: str, object_id: object, text: str, colour: str = "") -> SafeString:
    """A button that opens an action's dialog."""
    return format_html(
        '<button type="button" class="s2s-button {}" hx-get="{}" hx-target="#modal-content" '
        'hx-select="#dialog" x-on:htmx:after-on-load="openModal = true">{}</button>',
        colour,
        reverse(f"admin:{viewname}", args=[object_id]),
        text,
    )


def lane_of(destination: Destination) -> DestinationLane | None:
    """The destination's lane."""
    return getattr(destination, "lane", None)


def state_of(destination: Destination) -> tuple[str, str]:
    """Whether events are planned for it and deliveries leave: a key and its word."""
    if not destination.enabled:
        return "disabled", "Disabled"
    lane = lane_of(destination)
    return ("paused", "Paused") if lane and lane.paused_reason else ("active", "Active")


def breaker_of(destination: Destination) -> tuple[str, str]:
    """Its breaker: a key and its word."""
    lane = lane_of(destination)
    state = lane.breaker_state if lane else "closed"
    return state, state.replace("_", "-").capitalize()
