"""A vendor with a destination's changes: the rules that they touch compiled anew, all else shared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from integrations.core.mapping.context import Listener
from integrations.core.mapping.errors import Path
from integrations.core.vendor.changed import LaidChange
from integrations.core.vendor.changes.check import Checked
from integrations.core.vendor.changes.document import problems_of_form, read_changes
from integrations.core.vendor.compile import context_of, merged_operations
from integrations.core.vendor.compile_rule import compile_fallback, compile_rules
from integrations.core.vendor.rules import EventMap, Rule
from integrations.core.vendor.vendor import Changed, Vendor


def changed(vendor: Vendor, documents: Sequence[Mapping[str, Any]]) -> Vendor:
    """The vendor as one destination has it. Raises DefinitionError for the first thing that is not right."""
    if not documents:
        return vendor
    for problem in problems_of_form(documents):
        raise problem
    found = Checked(vendor)
    for change in read_changes(documents):
        found.look_at(change)
    found.look_at_groups()
    for problem in found.problems:
        raise problem
    return _rebuilt(vendor, vendor, found.laid)


def listening_form(told: Vendor, of: Vendor, listener: Listener) -> Vendor:
    """The vendor `told`, which listens, with the changes of `of`."""
    assert of.changed is not None
    return _rebuilt(told, of.changed.of, of.changed.laid, listener)


def _rebuilt(
    vendor: Vendor, original: Vendor, laid: Sequence[LaidChange], listener: Listener | None = None
) -> Vendor:
    document = _laid_in(vendor.document, laid)
    touched = {one.rule for one in laid}
    context = context_of(document, vendor.settings, listener)
    declared = merged_operations(document)
    only = {**document, "events": [one for one in document["events"] if one["rule"] in touched]}
    fresh = {rule.name: rule for rule in compile_rules(only, context, vendor.operations, declared)}
    fallback = vendor.events.fallback
    if fallback is not None and fallback.name in touched:
        made = compile_fallback(document, context, vendor.operations, declared)
        fallback = _withholding(made, fallback) if made else None
    rules = [
        _withholding(fresh[rule.name], rule) if rule.name in fresh else rule for rule in vendor.events.rules
    ]
    return replace(
        vendor,
        events=EventMap(rules, fallback, vendor.name),
        changed=Changed(of=original, laid=tuple(laid)),
    )


def _withholding(rule: Rule, former: Rule) -> Rule:
    """What the file's own field looked in does not go out as a custom parameter now."""
    parts = tuple(
        replace(part, rule=_withholding(part.rule, before.rule))
        for part, before in zip(rule.parts, former.parts, strict=True)
    )
    return replace(rule, withheld=former.places, parts=parts)


def _laid_in(document: Mapping[str, Any], laid: Sequence[LaidChange]) -> dict[str, Any]:
    """The document with each change in the fields of the rule, or part, that it is for."""
    made: dict[str, Any] = dict(document)
    for one in laid:
        entry = _copied_at(made, one.path)
        entry["fields"] = _with(entry.get("fields", {}), one.steps, one.document)
    return made


def _copied_at(made: dict[str, Any], path: Path) -> dict[str, Any]:
    """The entry at this place, it and what holds it copied."""
    holder: Any = made
    for step in path:
        inner = holder[step]
        holder[step] = list(inner) if isinstance(inner, list) else dict(inner)
        holder = holder[step]
    entry: dict[str, Any] = holder
    return entry


def _with(fields: Mapping[str, Any] | None, steps: Sequence[str], document: Any) -> dict[str, Any]:
    name, *rest = steps
    own = dict(fields or {})
    own[name] = _with(own.get(name), rest, document) if rest else document
    return own
