"""The engine's tables of this app."""

from __future__ import annotations

from delivery.lanes import Tables

TABLES = Tables(
    queue="webhooks_messagedelivery",
    results="webhooks_messagedeliveryresult",
    attempts="webhooks_messageattempt",
    lanes="webhooks_subscriptionlane",
    carried=("organization_id", "message_id", "event_type", "origin"),
    gone="The webhook was deleted.",
)
COLD_TABLES = ("webhooks_message", TABLES.results, TABLES.attempts)
