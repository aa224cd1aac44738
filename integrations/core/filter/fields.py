"""The fields that a filter's condition may ask about, read with the mapping language's paths."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from integrations.core.dictionary import MEANINGS, meaning
from integrations.core.mapping import Context, DefinitionError, compile_expression
from integrations.core.mapping.errors import Path
from integrations.core.mapping.paths import ROOTS, readable
from integrations.core.mapping.scope import Run, Scope
from integrations.core.operations.tables import normal_name

LONGEST_FIELD = 200  # characters
NOT_OF_THE_EVENT = ("$settings", "$mode", "$now", "$part", "$group", "$elements")


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """A field ready to be read. `is_name`: compared as names are. `is_personal`: its value is not told."""

    run: Run
    is_name: bool = False
    is_personal: bool = False

    @property
    def spelling(self) -> Callable[[str], str]:
        """How its texts are written before they are compared."""
        return normal_name if self.is_name else str


def _of_track(scope: Scope) -> object:
    return scope.event.name if scope.event.type in ("track", "custom") else None


def _of_page(scope: Scope) -> object:
    return scope.event.name if scope.event.type in ("page", "screen") else None


# As in the conditions of a vendor file: `name` is a page's, and a person's is written $traits.name.
ABOUT: Mapping[str, tuple[str, Run]] = {
    "type": ("the type", lambda scope: scope.event.type),
    "event": ("the event", _of_track),
    "name": ("the page's name", _of_page),
}
DEVICES = (
    "ip user_agent device_id device_name advertising_id vendor_id session_id previous_id page_url page_search"
)


def _personal_places() -> frozenset[str]:
    """Where the dictionary looks for what tells of a person."""
    of_people = [
        found
        for name, found in MEANINGS.items()
        if name in DEVICES.split() or any("traits" in place for place in found.places)
    ]
    return frozenset(readable(place) for found in of_people for place in found.places)


PERSONAL = _personal_places()


def compile_field(name: object, vendor: str, path: Path) -> Field:
    """The field of this name. Raises DefinitionError."""
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_FIELD:
        raise DefinitionError(path, "a field is needed, such as event, type, revenue or $properties.plan")
    if name in ABOUT:
        return Field(run=ABOUT[name][1], is_name=True)
    if name.startswith(NOT_OF_THE_EVENT):
        raise DefinitionError(path, f"`{name}` is not of the event: a filter reads the event only")
    if not name.startswith("$") and meaning(name, vendor) is None and not name.startswith("."):
        raise DefinitionError(path, f"there is no field `{name}`; {_hint(name)}, or a name of the dictionary")
    try:
        read = compile_expression({"from": name}, Context(vendor=vendor, name=vendor), path)
    except DefinitionError as error:
        raise DefinitionError(path, error.message) from None
    places = (*read.looks_in, *read.also_in)
    is_personal = any(place in PERSONAL or "traits" in place for place in places)
    return Field(run=read.run, is_personal=is_personal)


def _hint(name: str) -> str:
    if not name.isidentifier():
        return "write a path such as $properties.plan"
    return f"write ${name}" if name in ROOTS else f"write $properties.{name}"


def subject(name: str) -> str:
    """The field as a sentence names it."""
    if name in ABOUT:
        return ABOUT[name][0]
    if name.startswith("$"):
        return readable(name)
    found = meaning(name, "the vendor")
    return found.label if found else name
