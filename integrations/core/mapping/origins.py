"""Where each value of an output came from, read from the frames that its expressions left."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from integrations.core.dictionary import FAMILIES, MEANINGS
from integrations.core.mapping.listening import Frame, ListeningScope
from integrations.core.mapping.scope import is_empty
from integrations.core.mapping.words import is_directive
from integrations.core.operations import HASHES, OPERATIONS
from integrations.core.operations.identity import digest

Steps = tuple[str | int, ...]
SPREAD = "*"
MOST_SOURCES = 4  # that one value's line names
INDEX = re.compile(r"\[\d+\]")
MODIFIERS = ("as", "default", "else", "when", "required")
CONSTANT = "constant"
# What every event has, whoever sent it.
FACTS: Mapping[str, str] = {
    "$type": "the event's type",
    "$messageId": "the event's id, made on receipt when the sender gives none",
    "$timestamp": "the event's time, corrected for the sender's clock",
    "$receivedAt": "when the event was received",
    "$event_name": "the event's name",
    "$event_or_type": "the event's name, or its type",
    "$now": "the time of sending",
    "$mode": "the destination's mode",
    "$part": "the number of the part, from 0",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Leaf:
    """One value of an output, where it stands, the sources that it was made of, and what was done to it.

    `is_changed` where the destination has it otherwise than the vendor's file, `is_added` where that has
    none.
    """

    steps: Steps
    value: object
    sources: tuple[str, ...]
    operations: tuple[str, ...] = ()
    is_changed: bool = False
    is_added: bool = False

    def under(self, *steps: str | int) -> Leaf:
        return replace(self, steps=(*steps, *self.steps))


def leaves(frame: Frame, scope: ListeningScope, item: str = "") -> list[Leaf]:
    """The leaves of what a frame gave. `item` is the place of the item inside `each`."""
    if is_empty(frame.value):
        is_sent = frame.keeps_empty and frame.value is not None
        return [Leaf(steps=(), value=frame.value, sources=(_of_empty(frame),))] if is_sent else []
    if (made := _chosen(frame, "default")) is not None:
        return [_as_default(leaf) for leaf in leaves(made, scope, item)]
    if (made := _chosen(frame, "else")) is not None:
        return leaves(made, scope, item)
    found = _produced(frame, scope, item)
    operations = _operations(frame)
    return _converted(frame, found, operations, scope, item) if operations else found


def leaves_of(value: object) -> Iterator[tuple[Steps, object]]:
    """Every value that is no object or list, or an empty one, with its way there."""
    if isinstance(value, Mapping) and value:
        for name, part in value.items():
            yield from ((((name, *steps), leaf)) for steps, leaf in leaves_of(part))
    elif isinstance(value, list) and value:
        for index, part in enumerate(value):
            yield from ((((index, *steps), leaf)) for steps, leaf in leaves_of(part))
    else:
        yield (), value


def place(frame: Frame, item: str = "") -> str:
    """Where the list or object stands that a frame gave, to name its items by."""
    for word in ("default", "else"):
        if (made := _chosen(frame, word)) is not None:
            return place(made, item)
    if frame.place:
        found = _absolute(frame.place, item)
    else:
        producers = [part for part in _producers(frame) if not is_empty(part.value)]
        found = place(producers[-1], item) if producers else "the list"
    operations = _operations(frame)
    return f"({found} as {', '.join(_word(one) for one in operations)})" if operations else found


def spoken(sources: Sequence[str]) -> str:
    """`$properties.total and setting site`: constants are told of only where there is nothing else."""
    told = [source for source in sources if source != CONSTANT] or list(sources[:1])
    if len(told) > MOST_SOURCES:
        told = list(dict.fromkeys(INDEX.sub("[]", source) for source in told))
    more = len(told) - MOST_SOURCES
    if more > 0:
        told = [*told[:MOST_SOURCES], f"{more} more"]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}" if told else CONSTANT


# --- What a producer gave ---
def _produced(frame: Frame, scope: ListeningScope, item: str) -> list[Leaf]:
    document = frame.document
    if any(part.name is not None for part in frame.parts):
        return _fields(frame, scope, item)
    if isinstance(document, list):
        return _listed(frame.parts, scope, item)
    if isinstance(document, str) and frame.place:
        return _found(frame, frame.value, scope, item)
    if not isinstance(document, Mapping) or not is_directive(document):
        inner = [part for part in frame.parts if part.name is None]
        return leaves(inner[-1], scope, item) if inner else _all(frame.value, (CONSTANT,))
    producers = _producers(frame)
    if "from" in document:
        return _found(frame, frame.raw, scope, item)
    if "each" in document:
        return _of_each(producers, scope, item)
    if "merge" in document:
        return _merged(producers, scope, item)
    if "template" in document:
        return _all(frame.raw, (_template(producers, scope, item),))
    if "jmespath" in document:
        return _all(frame.raw, (f"expression {document['jmespath']}",))
    if "constant" in document:
        return _all(document["constant"], (CONSTANT,))
    return leaves(producers[-1], scope, item) if producers else _all(frame.value, (CONSTANT,))


def _fields(frame: Frame, scope: ListeningScope, item: str) -> list[Leaf]:
    """The fields of an object; what * lends stands among them, and later ones win."""
    found: dict[str, list[Leaf]] = {}
    for part in frame.parts:
        if part.name is None or part.is_missing:
            continue
        inner = leaves(part, scope, item)
        if part.name != SPREAD or not isinstance(part.value, Mapping):
            found[part.name] = [leaf.under(part.name) for leaf in inner]
            continue
        for name in part.value:
            found[name] = [leaf for leaf in inner if leaf.steps[0] == name]
    return [leaf for named in found.values() for leaf in named]


def _listed(parts: Sequence[Frame], scope: ListeningScope, item: str) -> list[Leaf]:
    kept = [part for part in parts if part.keeps_empty or not is_empty(part.value)]
    return [leaf.under(index) for index, part in enumerate(kept) for leaf in leaves(part, scope, item)]


def _of_each(producers: Sequence[Frame], scope: ListeningScope, item: str) -> list[Leaf]:
    """One output per item, the empty ones left out; each item's own place leads to what it reads."""
    source, *items = producers
    base, is_list = place(source, item), isinstance(source.value, list)
    kept = [(index, made) for index, made in enumerate(items) if made.keeps_empty or not is_empty(made.value)]
    return [
        leaf.under(position)
        for position, (index, made) in enumerate(kept)
        for leaf in leaves(made, scope, f"{base}[{index}]" if is_list else base)
    ]


def _merged(producers: Sequence[Frame], scope: ListeningScope, item: str) -> list[Leaf]:
    found: dict[str | int, list[Leaf]] = {}
    for part in producers:
        if isinstance(part.value, Mapping):
            inner = leaves(part, scope, item)
            for name, value in part.value.items():
                if not is_empty(value):
                    found[name] = [leaf for leaf in inner if leaf.steps[:1] == (name,)]
    return [leaf for named in found.values() for leaf in named]


def _found(frame: Frame, value: object, scope: ListeningScope, item: str) -> list[Leaf]:
    """What stands at a path of the event, whole; `$elements` and `$group` are known to their envelope."""
    base, meaning = _absolute(frame.place, item), _meaning(frame)
    if base.startswith("$settings."):
        return _all(value, (_setting(base, scope),))
    return [
        Leaf(steps=steps, value=leaf, sources=(_worded(_inside(base, steps), meaning),))
        for steps, leaf in leaves_of(value)
    ]


def _all(value: object, sources: tuple[str, ...]) -> list[Leaf]:
    return [Leaf(steps=steps, value=leaf, sources=sources) for steps, leaf in leaves_of(value)]


# --- What operations made of it ---
def _converted(
    frame: Frame, found: Sequence[Leaf], operations: tuple[str, ...], scope: ListeningScope, item: str
) -> list[Leaf]:
    """The leaves after `as`: each traced to the leaf that it was, else to all that it may have been."""
    told = _told(frame, operations, scope, item)
    made = []
    for steps, value in leaves_of(frame.value):
        before = _before(steps, value, frame, found, operations) or found
        sources = _united(before)
        if not steps and isinstance(frame.raw, (Mapping, list)) and before is found and frame.place:
            sources = (_worded(_absolute(frame.place, item), _meaning(frame)),)
        done = tuple(dict.fromkeys(one for leaf in before for one in leaf.operations))
        made.append(
            Leaf(
                steps=steps,
                value=value,
                sources=sources,
                operations=(*done, *(_passed(operations, before) or told)),
            )
        )
    return made


def _before(
    steps: Steps, value: object, frame: Frame, found: Sequence[Leaf], operations: tuple[str, ...]
) -> Sequence[Leaf]:
    """The leaves that one came from, none when it can't be told."""
    words = [_word(one) for one in operations]
    if not isinstance(frame.raw, (Mapping, list)):
        return found
    same_place = [leaf for leaf in found if leaf.steps == steps]
    same_value = [leaf for leaf in found if _is_same(leaf.value, value)]
    if not steps:
        return same_value if {"one", "pick"}.issuperset(words) else ()
    if "indexed" in words:
        numbered = [leaf for leaf in found if _numbered(leaf.steps, operations) == steps[0]]
        return numbered or same_value
    if same_place and same_place[0] in same_value:
        return same_place
    keeps_places = isinstance(frame.raw, Mapping) or (
        not any(OPERATIONS[word].whole for word in words)
        and isinstance(frame.value, list)
        and len(frame.value) == len(frame.raw)
    )
    return (same_place if keeps_places else ()) or same_value


def _numbered(steps: Steps, operations: tuple[str, ...]) -> str:
    """What `indexed` calls the field of an item."""
    if not steps or not isinstance(steps[0], int):
        return ""
    template = next(one for one in operations if _word(one) == "indexed").partition(":")[2]
    field = str(steps[1]) if len(steps) > 1 else ""
    named = (template or "{name}{n}").replace("{i}", str(steps[0])).replace("{n}", str(steps[0] + 1))
    return named.replace("{name}", field)


def _is_same(left: object, right: object) -> bool:
    return type(left) is type(right) and left == right


def _united(found: Sequence[Leaf]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(source for leaf in found for source in leaf.sources))


def _passed(operations: tuple[str, ...], before: Sequence[Leaf]) -> tuple[str, ...]:
    """What is said in place of operations that a digest passed by."""
    hashes = [place for place, one in enumerate(operations) if one in HASHES]
    if len(hashes) != 1 or len(before) != 1 or any(OPERATIONS[_word(one)].whole for one in operations):
        return ()
    kind = operations[hashes[0]]
    if not digest(before[0].value, kind):
        return ()
    return (f"{kind} (it is one already)", *operations[hashes[0] + 1 :])


def _told(frame: Frame, operations: tuple[str, ...], scope: ListeningScope, item: str) -> tuple[str, ...]:
    """The operations, each with the source of its argument where that is an expression."""
    arguments: dict[str, str] = {}
    for part in frame.parts:
        if part.name is None and _role(frame, part) == "as" and not is_empty(part.value):
            sources = [source for leaf in leaves(part, scope, item) for source in leaf.sources]
            if isinstance(part.document, str) and part.document.startswith("$settings."):
                sources = [f"setting {part.document.removeprefix('$settings.')}"]
            arguments[str(part.path[-1])] = spoken(tuple(dict.fromkeys(sources)))
    return tuple(
        f"{one} with {arguments[one]}" if one in arguments and arguments[one] != CONSTANT else one
        for one in operations
    )


def _operations(frame: Frame) -> tuple[str, ...]:
    document = frame.document
    if not isinstance(document, Mapping) or not is_directive(document) or "as" not in document:
        return ()
    entries = document["as"] if isinstance(document["as"], list) else [document["as"]]
    return tuple(entry if isinstance(entry, str) else next(iter(entry)) for entry in entries)


def _word(operation: str) -> str:
    return operation.partition(":")[0]


# --- Which part of a directive is what ---
def _producers(frame: Frame) -> list[Frame]:
    return [part for part in frame.parts if part.name is None and _role(frame, part) not in MODIFIERS]


def _chosen(frame: Frame, word: str) -> Frame | None:
    """The part that stood in, when it was asked."""
    if not isinstance(frame.document, Mapping) or (word not in frame.document and word != "else"):
        return None
    return next((part for part in frame.parts if part.name is None and _role(frame, part) == word), None)


def _role(frame: Frame, part: Frame) -> object:
    """The directive's word that a part belongs to."""
    depth = len(frame.path)
    return part.path[depth] if part.path[:depth] == frame.path and len(part.path) > depth else None


# --- Words ---
def _of_empty(frame: Frame) -> str:
    """The source of an empty value that is sent all the same."""
    if _chosen(frame, "default") is not None:
        return "default"
    inner = _producers(frame)
    return _of_empty(inner[-1]) if inner else frame.place or CONSTANT


def _as_default(leaf: Leaf) -> Leaf:
    worded = tuple("default" if source == CONSTANT else f"default: {source}" for source in leaf.sources)
    return replace(leaf, sources=worded)


def _template(parts: Sequence[Frame], scope: ListeningScope, item: str) -> str:
    sources = [source for part in parts for leaf in leaves(part, scope, item) for source in leaf.sources]
    return f"template of {spoken(tuple(dict.fromkeys(sources)))}" if sources else CONSTANT


def _absolute(text: str, item: str) -> str:
    """A path from the event's root; `.x` is one of the item's."""
    if not text.startswith("."):
        return text
    return f"{item}{text}" if len(text) > 1 else item


def _inside(base: str, steps: Steps) -> str:
    for step in steps:
        inner = f"[{step}]" if isinstance(step, int) else f".{step}"
        base = f"{base}{inner}" if base != "$" else f"${inner.lstrip('.')}"
    return base


def _worded(text: str, meaning: str) -> str:
    fact = FACTS.get(text)
    if fact:
        return f"{text} ({fact})"
    return f"{text} (dictionary: {meaning})" if meaning else text


def _meaning(frame: Frame) -> str:
    name = frame.document.get("from") if isinstance(frame.document, Mapping) else None
    is_name = isinstance(name, str) and (name in MEANINGS or name.partition(".")[0] in FAMILIES)
    return str(name) if is_name else ""


def _setting(text: str, scope: ListeningScope) -> str:
    name = text.removeprefix("$settings.")
    top = name.partition(".")[0].partition("[")[0]
    return f"setting {name} (its default)" if is_empty(scope.settings.get(top)) else f"setting {name}"
