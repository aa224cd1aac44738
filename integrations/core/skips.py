"""Why a destination does not get an event: the closed list of skip reasons."""

from __future__ import annotations

from enum import StrEnum


class SkipReason(StrEnum):
    """One reason per skip, kept on the event and counted per hour."""

    CONSENT = "consent"
    FILTER = "filter"
    UNMAPPED = "unmapped"
    BOT = "bot"
    SUPPRESSED = "suppressed"
    MISSING_CLICK_ID = "missing_click_id"
    INTEGRATIONS = "integrations"
    DESTINATION_OFF = "destination_off"
