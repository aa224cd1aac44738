"""Paths: `$properties.x` of the event, `$settings.x`, `.x` of the item, `?name` for a query parameter."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from integrations.core.mapping.context import Context
from integrations.core.mapping.errors import DefinitionError, Path, suggestion
from integrations.core.mapping.scope import Expression, Run, Scope, is_empty

STEP = re.compile(r"""([A-Za-z0-9_-]+)|\[(\d{1,4})\]|\["([^"\]]{1,100})"\]""")
# What events and mappings have at their root; other fields of custom events are written in brackets.
ROOTS = frozenset(
    {
        "type",
        "event",
        "name",
        "category",
        "properties",
        "traits",
        "context",
        "integrations",
        "messageId",
        "userId",
        "anonymousId",
        "groupId",
        "previousId",
        "timestamp",
        "sentAt",
        "receivedAt",
        "originalTimestamp",
        "channel",
        "version",
        "settings",
        "mode",
        "now",
        "event_name",
        "event_or_type",
        "group",
        "elements",
        "part",
    }
)
LONGEST_QUERY = 8_192  # characters of a URL that are searched for a parameter
Step = str | int


def compile_path(text: str, context: Context, path: Path) -> Expression:
    """The expression that reads one place. Anything that is not there is None."""
    place, _, parameter = text.partition("?")
    if place.startswith("."):
        return _item_path(place, parameter, context, path)
    steps = parse_steps(place[1:], path)
    if steps and str(steps[0]) not in ROOTS and not place.startswith("$["):
        hint = suggestion(steps[0], ROOTS)
        own = f'; a field of your own custom events is written $["{steps[0]}"]'
        raise DefinitionError(path, f"events have no `{steps[0]}`{hint}{own}")
    if steps and steps[0] in ("group", "elements"):
        return _of_request(steps, context, path)
    if steps[:1] == ("settings",):
        return _setting(steps, context, path)
    if context.batch and steps != ("mode",):
        raise DefinitionError(
            path, f"`{text}` reads the event, but here only $settings and $mode are in reach"
        )
    run = SPECIAL.get(place) or with_parameter(_reader(_payload, steps), parameter)
    return Expression(run=run, looks_in=(readable(text),), per_event=place != "$mode")


def readable(text: str) -> str:
    """A path as people say it."""
    place, _, parameter = text.lstrip("$").partition("?")
    return f"the {parameter} parameter of {place}" if parameter else place or "the event"


def parse_steps(text: str, path: Path) -> tuple[Step, ...]:
    """`a.b[0]["c d"]` as its steps."""
    steps: list[Step] = []
    position = 0
    while position < len(text):
        match = STEP.match(text, position + (text[position] == "." and bool(steps)))
        if match is None or (steps and text[position] not in ".[") or len(steps) >= 20:
            raise DefinitionError(
                path, f"`{text[:60]}` is no path; write names with dots, such as $context.page.url"
            )
        steps.append(int(match[2]) if match[2] else match[1] or match[3])
        position = match.end()
    return tuple(steps)


def query_parameter(url: object, name: str) -> str | None:
    """The first value of a parameter in a URL or in a bare query string."""
    if not isinstance(url, str) or name not in url:
        return None
    try:
        query = urlsplit(url[:LONGEST_QUERY]).query or url[:LONGEST_QUERY].lstrip("?")
        return next((value for key, value in parse_qsl(query) if key == name), None)
    except ValueError:
        return None


def with_parameter(run: Run, parameter: str) -> Run:
    """Reads a query parameter of what `run` finds."""
    if not parameter:
        return run
    return lambda scope: query_parameter(run(scope), parameter)


def _item_path(place: str, parameter: str, context: Context, path: Path) -> Expression:
    if not context.in_each:
        raise DefinitionError(path, f"`{place}` reads the current item, but there is one only inside `each`")
    run = with_parameter(_reader(_item, parse_steps(place[1:], path)), parameter)
    return Expression(run=run, looks_in=(f"{place[1:] or 'the item'} of the item",), per_event=True)


def _setting(steps: tuple[Step, ...], context: Context, path: Path) -> Expression:
    name = str(steps[1]) if len(steps) > 1 else ""
    if name not in context.settings:
        raise DefinitionError(path, f"no setting `{name}` is declared{suggestion(name, context.settings)}")
    default, rest = context.settings[name], steps[2:]

    def read(scope: Scope) -> object:
        value = scope.settings.get(name)
        value = default if is_empty(value) else value
        for step in rest:
            value = _step(value, step)
        return value

    return Expression(run=read, looks_in=(f"the setting {name}",))


def first_of(texts: Sequence[str], runs: Sequence[Run]) -> list[Run]:
    """Readers for these paths in their order, those with a common parent in one: it is walked to once."""
    readers: list[Run] = []
    groups: list[tuple[bool, tuple[str, ...], list[str]]] = []
    for text, run in zip(texts, runs, strict=True):
        steps = _plain_steps(text)
        if steps is None:
            readers += _grouped(groups)
            groups = []
            readers.append(run)
            continue
        of_item, parent, name = text.startswith("."), steps[:-1], steps[-1]
        if groups and groups[-1][:2] == (of_item, parent):
            groups[-1][2].append(name)
        else:
            groups.append((of_item, parent, [name]))
    return [*readers, *_grouped(groups)]


def _plain_steps(text: str) -> tuple[str, ...] | None:
    """The names of a path that only walks through objects of the event or the item."""
    if (
        "?" in text
        or text in SPECIAL
        or text[:2] == "$["
        or text.startswith(("$settings", "$group", "$elements"))
    ):
        return None
    steps = parse_steps(text[1:], ())
    names = tuple(step for step in steps if isinstance(step, str))
    return names if names and len(names) == len(steps) else None


def _grouped(groups: Sequence[tuple[bool, tuple[str, ...], list[str]]]) -> list[Run]:
    if not groups:
        return []
    fixed = tuple((of_item, parent, tuple(names)) for of_item, parent, names in groups)

    def read(scope: Scope) -> object:
        for of_item, parent, names in fixed:
            holder: Any = scope.item if of_item else scope.payload
            for step in parent:
                holder = holder.get(step) if isinstance(holder, dict) else None
            if not isinstance(holder, dict):
                continue
            for name in names:
                value = holder.get(name)
                if value or (value is not None and value == 0):
                    return value
        return None

    return [read]


def _of_request(steps: tuple[Step, ...], context: Context, path: Path) -> Expression:
    """`$elements`, where the events stand, and `$group.x`, which they have in common."""
    if context.group is None:
        raise DefinitionError(path, f"`${steps[0]}` belongs to the envelope")
    name = str(steps[1]) if len(steps) > 1 else ""
    if steps[0] == "elements":
        return Expression(run=lambda scope: scope.request and scope.request.lists.get(name))
    if name not in context.group:
        raise DefinitionError(path, f"`group` has no field `{name}`{suggestion(name, context.group)}")
    rest = steps[2:]

    def read(scope: Scope) -> object:
        value = scope.request.group.get(name) if scope.request else None
        for step in rest:
            value = _step(value, step)
        return value

    return Expression(run=read, looks_in=(f"{name} of the group",))


def _payload(scope: Scope) -> object:
    return scope.payload


def _item(scope: Scope) -> object:
    return scope.item


def _reader(start: Callable[[Scope], object], steps: tuple[Step, ...]) -> Run:
    """A closure for the path's length: most paths have two or three names, and those are unrolled."""
    if not steps or any(isinstance(step, int) for step in steps) or len(steps) > 3:
        return _general(start, steps)
    if start is _item:
        return _item_reader(str(steps[0])) if len(steps) == 1 else _general(start, steps)
    return (_one, _two, _three)[len(steps) - 1](*(str(step) for step in steps))


def _one(first: str) -> Run:
    return lambda scope: scope.payload.get(first)


def _two(first: str, second: str) -> Run:
    def read(scope: Scope) -> object:
        value = scope.payload.get(first)
        return value.get(second) if isinstance(value, dict) else None

    return read


def _three(first: str, second: str, third: str) -> Run:
    def read(scope: Scope) -> object:
        value = scope.payload.get(first)
        if isinstance(value, dict):
            value = value.get(second)
            if isinstance(value, dict):
                return value.get(third)
        return None

    return read


def _item_reader(name: str) -> Run:
    def read(scope: Scope) -> object:
        item = scope.item
        return item.get(name) if isinstance(item, dict) else None

    return read


def _general(start: Callable[[Scope], object], steps: tuple[Step, ...]) -> Run:
    def read(scope: Scope) -> object:
        value = start(scope)
        for step in steps:
            value = _step(value, step)
        return value

    return read


def _step(value: object, step: Step) -> object:
    if isinstance(step, int):
        return value[step] if isinstance(value, list) and step < len(value) else None
    return value.get(step) if isinstance(value, dict) else None


def _now(scope: Scope) -> object:
    return scope.now


def _mode(scope: Scope) -> object:
    return str(scope.mode)


# Moments are read as times, not as the text that the sender wrote.
SPECIAL: dict[str, Run] = {
    "$timestamp": lambda scope: scope.event.timestamp,
    "$receivedAt": lambda scope: scope.event.received_at,
    "$now": _now,
    "$mode": _mode,
    "$part": lambda scope: scope.part,
    "$event_name": lambda scope: scope.event.name,
    # What a setting of type map is asked for: a track's name, for the others their type.
    "$event_or_type": lambda scope: (
        scope.event.name if scope.event.type in ("track", "custom") else scope.event.type
    ),
}
