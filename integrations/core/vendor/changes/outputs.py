"""What each rule of a vendor's file sends, field by field, as changes see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.core.mapping.errors import Path
from integrations.core.vendor.compile import merged_operations
from integrations.core.vendor.compile_rule import layers_of
from integrations.core.vendor.fields import Layer, Leaf, Tree, laid

SPREAD = "*"
Steps = tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Output:
    """The object of one rule, or of one of its parts. `title` is its name in logs, `path` its place in the
    file; `tree` is None where one expression makes the whole object, `fields` are those that can be changed.
    """

    rule: str
    title: str
    path: Path
    tree: Tree | None
    fields: Mapping[Steps, Leaf]
    groups: tuple[tuple[str, ...], ...]
    deduplication: str
    in_each: bool

    def objects(self) -> Mapping[Steps, Sequence[str]]:
        """Its objects of fields, each with the names inside."""
        return dict(_objects(self.tree or {}, ()))

    def find(self, field: str) -> Steps | None:
        """The way to a field of this name."""
        return next((steps for steps in self.fields if ".".join(steps) == field), None)


def outputs_of(document: Mapping[str, Any]) -> list[Output]:
    """Of every rule, in the order of the file, the fallback last."""
    declared = merged_operations(document)
    found: list[Output] = []
    for index, entry in enumerate(document["events"]):
        found += _of_rule(entry["rule"], entry, declared, ("events", index))
    if document["fallback"] != "drop":
        found += _of_rule("custom event", document["fallback"], declared, ("fallback",))
    return found


def _of_rule(name: str, entry: Mapping[str, Any], declared: Any, path: Path) -> Iterator[Output]:
    if "parts" not in entry:
        yield _output(name, name, entry, declared, path, ())
        return
    over = (Layer(fields=entry.get("fields", {}), path=(*path, "fields"), occasion=f"for {name}"),)
    for index, part in enumerate(entry["parts"]):
        own = {"operation": entry["operation"], **part}
        yield _output(name, f"{name}: {part['part']}", own, declared, (*path, "parts", index), over)


def _output(
    name: str, title: str, entry: Mapping[str, Any], declared: Any, path: Path, over: Sequence[Layer]
) -> Output:
    operation, _ = declared[entry["operation"]]
    is_whole = entry.get("whole", operation.get("whole")) is not None
    tree = None if is_whole else laid(layers_of(title, entry, operation, path, over))
    return Output(
        rule=name,
        title=title,
        path=path,
        tree=tree,
        fields=dict(_leaves(tree or {}, ())),
        groups=tuple(tuple(_names(one)) for holder in (operation, entry) for one in _groups(holder)),
        deduplication=operation.get("deduplication", {}).get("key", ""),
        in_each="each" in entry,
    )


def _groups(holder: Mapping[str, Any]) -> list[Any]:
    return [*holder.get("any_of", ()), *holder.get("exactly_one_of", ())]


def _names(group: Any) -> list[str]:
    names: list[str] = group if isinstance(group, list) else group["fields"]
    return names


def _leaves(tree: Tree, above: Steps) -> Iterator[tuple[Steps, Leaf]]:
    """Those that the file takes away are none."""
    for name, branch in tree.items():
        if isinstance(branch, dict):
            yield from _leaves(branch, (*above, name))
        elif branch.document is not None and name != SPREAD:
            yield (*above, name), branch


def _objects(tree: Tree, above: Steps) -> Iterator[tuple[Steps, Sequence[str]]]:
    for name, branch in tree.items():
        if isinstance(branch, dict):
            yield (*above, name), [*branch]
            yield from _objects(branch, (*above, name))


def fields_by_rule(document: Mapping[str, Any]) -> Mapping[str, Sequence[str]]:
    """The rules that have fields to change, in the order of the file, each with these fields' names."""
    found: dict[str, dict[str, None]] = {}
    for one in outputs_of(document):
        if one.tree is not None:
            found.setdefault(one.rule, {}).update({".".join(steps): None for steps in one.fields})
    return {rule: list(names) for rule, names in found.items()}


def rules_by_field(fields: Mapping[str, Sequence[str]]) -> Mapping[str, Sequence[str]]:
    """The other way round: each field with the rules that have it."""
    found: dict[str, list[str]] = {}
    for rule, names in fields.items():
        for name in names:
            found.setdefault(name, []).append(rule)
    return found
