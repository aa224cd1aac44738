"""Where each field of an event comes from, and what is missing: production's own expressions, listened to.

The listening form of a vendor is compiled when a preview asks for it; deliveries never run it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache

from integrations.core.event import Event
from integrations.core.mapping import Rejection
from integrations.core.mapping.left_out import LeftOut, left_out
from integrations.core.mapping.listening import Frame, Listening, ListeningScope, Missing
from integrations.core.mapping.origins import Leaf, leaves, place
from integrations.core.operations import BadValue
from integrations.core.vendor.changed import LaidChange
from integrations.core.vendor.changes.apply import listening_form
from integrations.core.vendor.compile import compile_vendor
from integrations.core.vendor.fields import check_groups
from integrations.core.vendor.operation import Operation
from integrations.core.vendor.results import Mode, Skipped
from integrations.core.vendor.rules import Rule, with_custom
from integrations.core.vendor.vendor import Vendor

MOST_LISTENING = 32  # vendors that are kept in this form
LEFT_OUT_HERE = "It is left out for this destination."


@dataclass(frozen=True, kw_only=True, slots=True)
class Explanation:
    """One event, or one of its parts, in the vendor's form: every value with its source.

    `missing` is what keeps it from being sent, the first one with the sentence of the rejection. `shared` is
    what the events of its request have in common, with its values in `group`.
    """

    rule: Rule
    operation: Operation
    scope: ListeningScope
    output: object
    fields: tuple[Leaf, ...]
    shared: object
    group: tuple[Leaf, ...]
    missing: tuple[Missing, ...]
    left_out: tuple[LeftOut, ...]


@lru_cache(maxsize=MOST_LISTENING)
def listening(vendor: Vendor) -> Vendor:
    """The vendor's form that tells what it finds. It explains, and plans and sends nothing."""
    if vendor.changed is not None:
        return listening_form(listening(vendor.changed.of), vendor, Listening())
    return compile_vendor(vendor.document, Listening())


def explain(
    vendor: Vendor,
    event: Event,
    settings: Mapping[str, object],
    *,
    now: datetime,
    mode: Mode,
    part: int = 0,
) -> Explanation | None:
    """What the vendor makes of the event or of one of its parts, None for what it does not get."""
    told = listening(vendor)
    scope = ListeningScope(event, settings, now, mode)
    scope.part = part
    try:
        chosen = told.events.choose(scope)
        rule = None if isinstance(chosen, Skipped) else told.part_of(chosen, scope)
        if isinstance(chosen, Skipped) or rule is None:
            return None
        item = _item(chosen, rule, scope)
    except (Rejection, BadValue):
        return None
    return _explained(told, rule, scope, item)


def _explained(vendor: Vendor, rule: Rule, scope: ListeningScope, item: str) -> Explanation:
    operation = vendor.operations[rule.operation]
    for name in operation.needs:
        if vendor.lacks(name, scope.settings):
            asked = Missing(field="", looked_in=(f"the setting {name}",), sentence=vendor.asking_for(name))
            scope.missing.append(asked)
    frame = Frame(None, ())
    scope.missing += [
        Missing(field="", looked_in=(f"the setting {one.field}",), sentence=f"{vendor.name}: {one.message}")
        for one in vendor.needed_now(scope.settings)
    ]
    try:
        scope.record(frame, rule.fields.run)
    except (Rejection, BadValue) as problem:
        is_told = isinstance(problem, Rejection)
        sentence = str(problem) if is_told else f"{vendor.name} can't take the event: {problem}."
        scope.missing.append(Missing(field="", looked_in=rule.fields.looks_in, sentence=sentence))
        return _nothing(rule, operation, scope)
    _check_groups(rule, frame.value, scope)
    output, custom = _with_custom(rule, frame.value, scope)
    group = scope.run(operation.group) if operation.group else None
    return Explanation(
        rule=rule,
        operation=operation,
        scope=scope,
        output=output,
        fields=tuple(_marked(vendor, rule, (*leaves(frame, scope, item), *custom))),
        shared=group.value if group else None,
        group=tuple(leaves(group, scope, item)) if group else (),
        missing=tuple(scope.missing),
        left_out=(*_marked_away(vendor, rule, left_out(frame)), *_left_out_here(vendor, rule)),
    )


def _changes(vendor: Vendor, rule: Rule) -> list[LaidChange]:
    return [one for one in vendor.changed.laid if one.title == rule.name] if vendor.changed else []


def _marked(vendor: Vendor, rule: Rule, found: Sequence[Leaf]) -> Iterator[Leaf]:
    """The leaves, those marked that the destination has otherwise than the file."""
    laid = _changes(vendor, rule)
    for leaf in found:
        here = [one for one in laid if leaf.steps[: len(one.steps)] == one.steps]
        yield replace(leaf, is_changed=True, is_added=any(one.is_new for one in here)) if here else leaf


def _marked_away(vendor: Vendor, rule: Rule, found: Sequence[LeftOut]) -> Iterator[LeftOut]:
    """What stayed empty, marked where a change's value is what the event does not have."""
    ways = [".".join(one.steps) for one in _changes(vendor, rule)]
    for one in found:
        yield replace(one, is_changed=any(f"{one.field}.".startswith((f"{way}.", f"{way}[")) for way in ways))


def _left_out_here(vendor: Vendor, rule: Rule) -> Iterator[LeftOut]:
    for one in _changes(vendor, rule):
        if one.leaves_out:
            yield LeftOut(field=".".join(one.steps), reason=LEFT_OUT_HERE, is_changed=True)


def _nothing(rule: Rule, operation: Operation, scope: ListeningScope) -> Explanation:
    """An event of which nothing can be made."""
    return Explanation(
        rule=rule,
        operation=operation,
        scope=scope,
        output=None,
        fields=(),
        shared=None,
        group=(),
        missing=tuple(scope.missing),
        left_out=(),
    )


def _check_groups(rule: Rule, output: object, scope: ListeningScope) -> None:
    for group in rule.groups:
        try:
            check_groups((group,), output, scope)
        except Rejection as rejection:
            names = " or ".join(group.names)
            scope.missing.append(Missing(field=names, looked_in=group.looks_in, sentence=str(rejection)))


def _with_custom(rule: Rule, output: object, scope: ListeningScope) -> tuple[object, tuple[Leaf, ...]]:
    if not rule.passes_custom or not isinstance(output, dict):
        return output, ()
    whole = with_custom(output, scope, rule.places)
    assert isinstance(whole, dict)
    return whole, tuple(
        Leaf(steps=(name,), value=value, sources=(f"$properties.{name} (custom parameter, passed on)",))
        for name, value in whole.items()
        if name not in output
    )


def _item(chosen: Rule, rule: Rule, scope: ListeningScope) -> str:
    """The place of the item that a part is made of, empty without one."""
    item = scope.item
    each = next((part.each for part in chosen.parts if part.rule is rule), None)
    if each is None:
        return ""
    frame = scope.run(each)
    base = place(frame)
    if not isinstance(frame.value, list):
        return base
    return next((f"{base}[{index}]" for index, one in enumerate(frame.value) if one is item), base)
