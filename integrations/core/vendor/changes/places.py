"""What of a person an expression sends, and whether hashed: read from the expression itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from integrations.core.dictionary import MEANINGS, Meaning, meaning
from integrations.core.mapping import DefinitionError
from integrations.core.mapping.paths import parse_steps
from integrations.core.mapping.templates import PART
from integrations.core.mapping.words import PRODUCERS, is_directive
from integrations.core.vendor.changes.over import Values, is_hashed

Steps = tuple[str | int, ...]
# Who hashes anything hashes these too.
DIRECT = frozenset({"email", "phone", "first_name", "middle_name", "last_name", "name", "street", "birthday"})
DEVICE = "advertising_id"
ANYTHING = "what a JMESPath expression reads"


@dataclass(frozen=True, slots=True)
class Sent:
    """Something about a person that an expression sends: its name in the dictionary."""

    what: str
    is_hashed: bool


def sent_of_people(document: Any, values: Values, *, hashed: bool = False) -> Iterator[Sent]:
    """What of people may leave with the expression's value. Conditions send nothing."""
    if isinstance(document, str):
        yield from _at(document, hashed) if document.startswith("$") else ()
    elif isinstance(document, list):
        for one in document:
            yield from sent_of_people(one, values, hashed=hashed)
    elif isinstance(document, Mapping) and not is_directive(document):
        for one in document.values():
            yield from sent_of_people(one, values, hashed=hashed)
    elif isinstance(document, Mapping):
        yield from _of_directive(document, values, hashed)


def label(what: str) -> str:
    """As sentences call it."""
    found = MEANINGS.get(what)
    return found.label if found else what


def _of_directive(document: Mapping[str, Any], values: Values, hashed: bool) -> Iterator[Sent]:
    own = hashed or ("as" in document and is_hashed(document["as"]))
    for key, inner in document.items():
        if key == "as":
            operations = inner if isinstance(inner, list) else [inner]
            for index, one in enumerate(operations):  # a hash before it says nothing of what an argument adds
                yield from _of_arguments(one, values, hashed or is_hashed(operations[index:]))
        elif key in ("default", "else"):
            yield from sent_of_people(inner, values, hashed=hashed)
        elif key == "item":
            yield from sent_of_people(inner, values, hashed=own)
        elif key in PRODUCERS:
            yield from _of_producer(key, inner, values, own)


def _of_producer(word: str, inner: Any, values: Values, hashed: bool) -> Iterator[Sent]:
    match word:
        case "constant":
            return
        case "from" | "each" if isinstance(inner, str):
            yield from _at(inner, hashed)
        case "template" if isinstance(inner, str):
            for match in PART.finditer(inner):
                source, *operations = (piece.strip() for piece in (match[1] or "").split("|"))
                yield from _at(source, hashed or is_hashed(operations))
        case "jmespath":
            yield Sent(ANYTHING, hashed)
        case "use" if inner in values:
            shared = values[inner]
            yield from sent_of_people(shared.document, shared.earlier, hashed=hashed)
        case _:
            yield from sent_of_people(inner, values, hashed=hashed)


def _of_arguments(operation: Any, values: Values, hashed: bool) -> Iterator[Sent]:
    for argument in operation.values() if isinstance(operation, Mapping) else ():
        if not isinstance(argument, Mapping) or is_directive(argument):  # else it is a table
            yield from sent_of_people(argument, values, hashed=hashed)


def _at(source: str, hashed: bool) -> Iterator[Sent]:
    yield from (Sent(what, hashed) for what in _told_at(source))


@lru_cache(maxsize=2_000)
def _told_at(source: str) -> tuple[str, ...]:
    """Of a path or a name: what stands there, and for an object all that may stand below it."""
    if source in PEOPLE:
        return (source,)
    found = meaning(source, "") if not source.startswith(("$", ".")) else None
    places = (source,) if source.startswith("$") else found.places if found else ()
    asked = [steps for place in places if (steps := _steps(place)) is not None]
    return tuple(
        what
        for what, known in PEOPLE.items()
        if any(_is_within(one, place) for one in asked for place in known)
    )


def _is_within(asked: Steps, place: Steps) -> bool:
    """Whether the asked place is that one, one below it, or an object that holds it."""
    shared = min(len(asked), len(place))
    return asked[:shared] == place[:shared]


def _steps(place: str) -> Steps | None:
    """None for a parameter of a URL, which is read apart."""
    try:
        return None if "?" in place else parse_steps(place[1:], ())
    except DefinitionError:
        return None


def _is_of_people(name: str, found: Meaning) -> bool:
    is_a_hash = name.endswith(("_sha256", "_md5", "_sha1"))
    return name == DEVICE or (not is_a_hash and any("traits" in place for place in found.places))


PEOPLE: Mapping[str, tuple[Steps, ...]] = {
    name: tuple(steps for place in found.places if (steps := _steps(place)) is not None)
    for name, found in MEANINGS.items()
    if _is_of_people(name, found)
}
