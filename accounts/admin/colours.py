"""Colours of the states that pages of more than one app show as labels."""

OUTCOME_COLOURS = {
    "delivered": "success",
    "rejected": "danger",
    "exhausted": "danger",
    "held": "warning",
    "retrying": "warning",
    "waiting": "info",
    "sending": "info",
}
BREAKER_COLOURS = {"closed": "success", "open": "danger", "half_open": "warning"}
VERDICT_COLOURS = {
    "delivered": "success",
    "rejected": "danger",
    "failed": "warning",
    "throttled": "warning",
    "unknown": "warning",
    "again": "info",
    "partial": "warning",
}
