"""Parts of a vendor file as short readable facts, for the catalogue's pages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from integrations.core.vendor import Vendor
from integrations.core.vendor.operation import Operation
from integrations.core.vendor.sending import Sending

NAMES = ("event_name", "event", "name", "event_type", "eventType", "type", "action", "conversion")
DAY_S, HOUR_S = 86_400, 3_600


def consent_class(vendor: Vendor) -> str:
    known = vendor.consent.classification
    return "your choice" if known == "customer_chosen" else known


def authentication(operation: Mapping[str, Any]) -> str:
    """`Authorization: Token`, `parameter api_secret`, or `nothing`."""
    declared = operation.get("auth")
    entries = declared if isinstance(declared, list) else [declared] if declared else []
    return " or ".join(dict.fromkeys(_entry(entry) for entry in entries)) or "nothing"


def batching(operation: Operation) -> str:
    most = operation.batch.max_count
    return f"up to {most:,}" if most > 1 else "1"


def time_limits(operation: Operation) -> str:
    rules = operation.time
    parts = [f"at most {span(rules.max_age_s)} old"] if rules.max_age_s is not None else []
    if rules.future_skew_s is not None:
        parts.append(f"at most {span(rules.future_skew_s)} ahead")
    return ", ".join(parts) or "no limit declared"


def sending(declared: Sending) -> list[tuple[str, str]]:
    """What the file changes of how the engine sends; nothing for most vendors."""
    retry, breaker = declared.retry, declared.breaker
    facts = [("requests at once", str(declared.concurrency or ""))]
    facts += [("attempts", str(retry.get("attempts", "")))]
    facts += [("waits", ", ".join(span(wait) for wait in retry.get("waits_s", ())))]
    facts += [
        (name, span(retry[key]))
        for key, name in (
            ("base_s", "longest first wait"),
            ("longest_s", "longest wait"),
            ("longest_retry_after_s", "longest `Retry-After` that is kept"),
            ("longest_age_s", "given up when older than"),
        )
        if key in retry
    ]
    facts += [("each further wait", f"{retry['factor']:g} times as long")] if "factor" in retry else []
    facts += (
        [("breaker opens after", f"{breaker['failures']} failures in a row")] if "failures" in breaker else []
    )
    facts += [("breaker stays open for", span(breaker["open_s"]))] if "open_s" in breaker else []
    facts += [("breaker", "only observes")] if breaker.get("only_observes") else []
    return [fact for fact in facts if fact[1]]


def span(seconds: float) -> str:
    """7 days, 90 minutes, 5 s."""
    for unit, name in ((DAY_S, "day"), (HOUR_S, "hour"), (60, "minute")):
        if seconds and seconds % unit == 0:
            count = int(seconds // unit)
            return f"{count} {name}{'' if count == 1 else 's'}"
    return f"{seconds:g} s"


def event_condition(when: Any) -> str:
    """Order Completed, Order Placed; or the condition as it is written."""
    if when is None:
        return "always"
    if isinstance(when, Mapping) and len(when) == 1:
        (key, value) = next(iter(when.items()))
        names = value if isinstance(value, list) else [value]
        if key == "event":
            return ", ".join(names)
        if key == "type":
            return f"type {' or '.join(names)}"
    return f"`{_written(when)}`"


def counterpart(rule: Mapping[str, Any]) -> str:
    """The operation, and the vendor's name of the event where the rule says one."""
    fields = rule.get("fields")
    operations = rule["operation"]
    operation = ", ".join(operations) if isinstance(operations, list) else operations
    if isinstance(fields, Mapping):
        for name in NAMES:
            value = fields.get(name)
            constant = value.get("constant") if isinstance(value, Mapping) else value
            if isinstance(constant, str) and not constant.startswith("$"):
                return f"`{constant}` ({operation})"
    return operation


def verdict_condition(rule: Mapping[str, Any]) -> str:
    """Status 200 and `code == 0`: what an answer must be for a response rule to hold."""
    status = rule.get("status")
    statuses = status if isinstance(status, list) else [] if status is None else [status]
    parts = [f"status {', '.join(map(str, statuses))}"] if statuses else []
    if (body := rule.get("body")) is not None:
        parts.append(f"body `{_written(body)}`")
    return " and ".join(parts) or "any other"


def _entry(entry: Mapping[str, Any]) -> str:
    if "header" in entry:
        return f"`{entry['header']}`" + (f" {entry['scheme']}" if entry.get("scheme") else "")
    if "query" in entry:
        return f"parameter `{entry['query']}`"
    named = {"bearer": "bearer token", "basic": "basic", "oauth2": "OAuth 2.0", "oauth1": "OAuth 1.0a"}
    return next((text for key, text in named.items() if key in entry), _first_key(entry))


def _first_key(entry: Mapping[str, Any]) -> str:
    return next((key for key in entry if key != "when"), "nothing").replace("_", " ")


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False).replace("`", "'")
