"""Changes in words, for the audit log and everyone who reads a destination."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from integrations.core.dictionary import MEANINGS
from integrations.core.mapping.paths import readable

NONE = "Every field is as the vendor's file makes it."
UNREADABLE = "The mapping changes can't be read any more. Save them anew."
LONGEST_TOLD = 120  # characters of one value
MOST_TOLD = 6  # rules


def sentence(documents: Any) -> str:
    """All changes, a sentence for each."""
    return " ".join(sentences(documents)) or NONE


def sentences(documents: Any) -> Sequence[str]:
    """`For Order Completed, event_attributes.coupon gets properties.coupon_code.`"""
    try:
        return [_sentence(one) for one in documents or ()]
    except (AttributeError, KeyError, TypeError):
        return [UNREADABLE]


def _sentence(change: Mapping[str, Any]) -> str:
    where = f"For {_rules(change['rules'])}, " if change.get("rules") else ""
    if change.get("leave_out"):
        return f"{where}{change['field']} is left out."
    new = ", which the file does not send," if change.get("new") else ""
    return f"{where}{change['field']}{new} gets {told(change['value'])}."


def told(value: Any) -> str:
    """A value as a sentence names it."""
    if isinstance(value, str):
        return readable(value) if value.startswith("$") else f'the text "{_short(value)}"'
    if isinstance(value, Mapping) and value.keys() <= {"from", "as"} and isinstance(value.get("from"), str):
        source = value["from"]
        known = MEANINGS.get(source)
        found = known.label if known else readable(source)
        return f"{found} as {_operations(value['as'])}" if "as" in value else found
    if isinstance(value, Mapping) and value.keys() == {"template"}:
        return f'the text "{_short(str(value["template"]))}" filled in'
    if isinstance(value, Mapping) and value.keys() == {"constant"}:
        return f'the text "{_short(str(value["constant"]))}"'
    written = json.dumps(value, ensure_ascii=False)
    return written if not isinstance(value, (Mapping, list)) else f"the expression {_short(written)}"


def _operations(pipeline: Any) -> str:
    entries = pipeline if isinstance(pipeline, list) else [pipeline]
    return ", ".join(one if isinstance(one, str) else str(next(iter(one))) for one in entries)


def _rules(names: Sequence[str]) -> str:
    named = [*names[:MOST_TOLD], *([f"{len(names) - MOST_TOLD} more"] if len(names) > MOST_TOLD else [])]
    return named[0] if len(named) == 1 else f"{', '.join(named[:-1])} and {named[-1]}"


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TOLD else f"{text[:LONGEST_TOLD]}..."
