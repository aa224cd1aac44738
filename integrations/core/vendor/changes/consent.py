"""What of a vendor's fields depends on consent, and stays as the file makes it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from integrations.core.mapping.words import is_directive

CONSENT = "$context.consent"


def tells_of_consent(field: Any, document: Mapping[str, Any]) -> bool:
    """Whether its value comes from the visitor's consent, or is a constant that consent chooses.

    A value of the event that is sent only with consent is none: its condition stays when it is changed.
    """
    if isinstance(field, str):
        return field.startswith(CONSENT)
    if isinstance(field, list):
        return any(tells_of_consent(one, document) for one in field)
    if not isinstance(field, Mapping):
        return False
    if not is_directive(field):
        return any(tells_of_consent(one, document) for one in field.values())
    if ("constant" in field or "else" in field) and _asks_consent(field.get("when"), document, frozenset()):
        return True
    named = document.get("values", {}).get(field.get("use")) if isinstance(field.get("use"), str) else None
    inner = (
        value for key, value in field.items() if key not in ("when", "as", "required", "constant", "use")
    )
    return any(tells_of_consent(one, document) for one in (*inner, named))


def consent_conditions(field: Any, document: Mapping[str, Any]) -> set[str]:
    """The conditions inside a field that ask for consent, as text."""
    return set(_asking(field, document))


def _asking(field: Any, document: Mapping[str, Any]) -> Iterator[str]:
    if isinstance(field, list):
        for one in field:
            yield from _asking(one, document)
    if not isinstance(field, Mapping):
        return
    for key, value in field.items():
        if key == "when" and _asks_consent(value, document, frozenset()):
            yield json.dumps(value, sort_keys=True, default=str)
        yield from _asking(document.get("values", {}).get(value) if _is_use(key, value) else value, document)


def _is_use(key: str, value: Any) -> bool:
    return key == "use" and isinstance(value, str)


def _asks_consent(condition: Any, document: Mapping[str, Any], seen: frozenset[str]) -> bool:
    for text, is_name in _texts(condition):
        if text.startswith(CONSENT):
            return True
        known = document.get("conditions", {})
        if (
            is_name
            and text in known
            and text not in seen
            and _asks_consent(known[text], document, seen | {text})
        ):
            return True
    return False


def _texts(condition: Any, *, is_name: bool = False) -> Iterator[tuple[str, bool]]:
    if isinstance(condition, str):
        yield condition, is_name
    elif isinstance(condition, Mapping):
        for key, value in condition.items():
            yield from _texts(value, is_name=key == "is")
    elif isinstance(condition, list):
        for value in condition:
            yield from _texts(value, is_name=is_name)
