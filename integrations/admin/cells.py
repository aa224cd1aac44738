"""Cells of routing: states, their colours and words, times as people say them."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from integrations.models import Destination, DestinationLane, WriteKey
from integrations.services.wording import relative, utc

MODE_COLOURS = {"live": "success", "test": "info", "sandbox": "warning"}
STATE_COLOURS = {"active": "success", "paused": "warning", "disabled": "danger"}


def when(at: datetime | None) -> str | SafeString:
    """A time as people say it, with the exact one behind it."""
    if at is None:
        return "-"
    words = relative(at, now=timezone.now())
    return format_html(
        '<time class="s2s-when" datetime="{}" title="{}">{}</time>', at.isoformat(), utc(at), words
    )


def key_state(key: WriteKey) -> tuple[str, str]:
    """Whether a write key may be used: a key and its word."""
    if key.revoked_at:
        return "revoked", "Revoked"
    return ("primary", "Primary") if key.is_primary else ("usable", "Usable")


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
