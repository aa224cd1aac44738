"""Response rules: what an answer means, by status and body, in the vendor's declared order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from delivery.core.outcome import DELIVERED, Judgement, Verdict, judge
from delivery.core.response import Response
from delivery.core.retry import retry_after_seconds
from integrations.core.mapping.errors import Path
from integrations.core.mapping.jmespaths import Search, parse
from integrations.core.operations import BadValue

LONGEST_REASON = 500  # characters of a vendor's own words that are kept in a sentence


@dataclass(frozen=True, kw_only=True, slots=True)
class ResponseRule:
    """One rule: it holds when the status is in a range and the body fits."""

    statuses: tuple[range, ...]
    verdict: Verdict
    is_empty: bool | None = None
    predicate: Search | None = None
    reason: Search | None = None
    sentence: str = ""


def compile_rules(documents: Sequence[Mapping[str, Any]], path: Path) -> tuple[ResponseRule, ...]:
    return tuple(_rule(document, (*path, index)) for index, document in enumerate(documents))


def judge_response(
    rules: Sequence[ResponseRule], response: Response, vendor: str, *, now: datetime
) -> Judgement:
    """The first rule that holds; without one, the default reading of the status."""
    retry_after_s = retry_after_seconds(response.header("Retry-After"), now=now)
    default = judge(response, retry_after_s=retry_after_s)
    if response.status is None or not rules:
        return default
    document = _parsed(response.body)
    rule = next((rule for rule in rules if _holds(rule, response, document)), None)
    if rule is None:
        return default
    if rule.verdict is Verdict.DELIVERED:
        return DELIVERED
    reason = _reason(rule, response.status, document, vendor, default.reason)
    return Judgement(verdict=rule.verdict, reason=reason, retry_after_s=retry_after_s)


def _rule(document: Mapping[str, Any], path: Path) -> ResponseRule:
    body, statuses = document.get("body", {}), document.get("status", "1xx-5xx")
    reason = document.get("reason")
    predicate = body.get("jmespath")
    return ResponseRule(
        statuses=tuple(_range(status) for status in (statuses if isinstance(statuses, list) else [statuses])),
        verdict=Verdict(document["verdict"]),
        is_empty=body.get("empty"),
        predicate=parse(predicate, (*path, "body", "jmespath")) if predicate else None,
        reason=parse(reason, (*path, "reason")) if reason else None,
        sentence=document.get("sentence", ""),
    )


def _range(status: int | str) -> range:
    """200, "2xx" or "500-599"."""
    if isinstance(status, int):
        return range(status, status + 1)
    first, _, last = status.partition("-")
    return range(int(first.replace("x", "0")), int((last or first).replace("x", "9")) + 1)


def _holds(rule: ResponseRule, response: Response, document: object) -> bool:
    if not any(response.status in statuses for statuses in rule.statuses):
        return False
    if rule.is_empty is not None and rule.is_empty != (not response.body.strip()):
        return False
    return rule.predicate is None or bool(_found(rule.predicate, document))


def _reason(rule: ResponseRule, status: int, document: object, vendor: str, default: str) -> str:
    words = _found(rule.reason, document) if rule.reason else None
    if words:
        said = words if isinstance(words, str) else json.dumps(words, ensure_ascii=False)
        return f"{vendor} answered {status}: {said[:LONGEST_REASON]}"
    if rule.sentence:
        return f"{vendor} answered {status}: {rule.sentence}"
    return default or f"{vendor} answered {status}, but its body does not say that the event was taken."


def _found(search: Search, document: object) -> object:
    try:
        return search(document)
    except BadValue:
        return None


def _parsed(body: bytes) -> object:
    """The JSON document of a body; None for anything else, a cut body included."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None
