"""The vendor's fields: a rule's own laid over its operation's, and the groups that must be met."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from integrations.core.mapping import (
    Condition,
    Context,
    DefinitionError,
    Expression,
    Rejection,
    Scope,
    compile_expression,
    condition,
    is_empty,
    object_of,
    sentences,
    suggestion,
)
from integrations.core.mapping.errors import Path
from integrations.core.mapping.words import is_directive


@dataclass(frozen=True, kw_only=True, slots=True)
class Layer:
    """One declaration of fields, where it stands, and for which events it speaks."""

    fields: Mapping[str, Any]
    path: Path
    occasion: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """One field's expression, where it stands in the document, and for which events it speaks."""

    document: Any
    path: Path
    occasion: str


Tree = dict[str, Any]  # of Leaf and Tree


@dataclass(frozen=True, kw_only=True, slots=True)
class Group:
    """Output fields of which at least one, or exactly one, must be there."""

    steps: tuple[tuple[str, ...], ...]
    names: tuple[str, ...]
    is_exclusive: bool
    test: Condition | None
    looks_in: tuple[str, ...]
    sentence: str


def compile_fields(
    layers: Sequence[Layer], context: Context
) -> tuple[Expression, dict[str, tuple[str, ...]]]:
    """The object of all layers, later ones winning field by field, and where each field comes from."""
    sources: dict[str, tuple[str, ...]] = {}
    path = layers[0].path if layers else ()
    return _compiled(laid(layers), context, path, sources), sources


def laid(layers: Sequence[Layer]) -> Tree:
    """The fields of all layers, later ones winning field by field."""
    tree: Tree = {}
    for layer in layers:
        _lay(tree, layer.fields, layer.path, layer.occasion)
    return tree


def compile_groups(
    document: Mapping[str, Any],
    context: Context,
    path: Path,
    sources: Mapping[str, tuple[str, ...]],
    occasion: str,
) -> tuple[Group, ...]:
    """`any_of` and `exactly_one_of` of an operation or a rule."""
    groups: list[Group] = []
    for key in ("any_of", "exactly_one_of"):
        for index, entry in enumerate(document.get(key, ())):
            place = (*path, key, index)
            declared = {"fields": entry} if isinstance(entry, list) else entry
            groups.append(_group(key, declared, context, place, sources, occasion))
    return tuple(groups)


def check_groups(groups: Sequence[Group], output: object, scope: Scope) -> None:
    """Raises the sentence of the first group that is not met."""
    for group in groups:
        if group.test is not None and not group.test.test(scope):
            continue
        found = [name for name, steps in zip(group.names, group.steps, strict=True) if _has(output, steps)]
        if not found:
            raise Rejection(group.sentence)
        if group.is_exclusive and len(found) > 1:
            names = " and ".join(f"`{name}`" for name in found)
            raise Rejection(f"{group.sentence} Found {names}.")


def _lay(tree: Tree, fields: Mapping[str, Any], path: Path, occasion: str) -> None:
    """Plain objects are merged; everything else replaces; null takes a field away but keeps its place."""
    for name, document in fields.items():
        place = (*path, name)
        if isinstance(document, Mapping) and not is_directive(document):
            inner = tree.get(name)
            branch = inner if isinstance(inner, dict) else {}
            tree[name] = branch
            _lay(branch, document, place, occasion)
        else:
            tree[name] = Leaf(document, place, occasion)


def _compiled(tree: Tree, context: Context, path: Path, sources: dict[str, tuple[str, ...]]) -> Expression:
    fields: dict[str, Expression] = {}
    for name, branch in tree.items():
        inner = context.field(name, path)
        if isinstance(branch, Leaf):
            fields[name] = compile_expression(branch.document, _at(inner, branch.occasion), branch.path)
            sources[inner.target] = fields[name].looks_in
        else:
            fields[name] = _compiled(branch, inner, path, sources)
            sources[inner.target] = fields[name].looks_in
    return object_of(fields, context, path)


def _at(context: Context, occasion: str) -> Context:
    return replace(context, occasion=occasion)


def _group(
    key: str,
    declared: Mapping[str, Any],
    context: Context,
    path: Path,
    sources: Mapping[str, tuple[str, ...]],
    occasion: str,
) -> Group:
    names = tuple(declared["fields"])
    for index, name in enumerate(names):
        if name not in sources:
            raise DefinitionError((*path, index), f"no field `{name}` is mapped{suggestion(name, sources)}")
    when = declared.get("when")
    return Group(
        steps=tuple(tuple(name.split(".")) for name in names),
        names=names,
        is_exclusive=key == "exactly_one_of",
        test=condition(when, context, (*path, "when")) if when else None,
        looks_in=tuple(dict.fromkeys(_places(names, sources))),
        sentence=_sentence(key, names, context.name, occasion, sources, declared.get("advice", "")),
    )


def _sentence(
    key: str,
    names: tuple[str, ...],
    vendor: str,
    occasion: str,
    sources: Mapping[str, tuple[str, ...]],
    advice: str,
) -> str:
    amount = "exactly one" if key == "exactly_one_of" else "at least one"
    fields = sentences.either(tuple(f"`{name}`" for name in names))
    looked = tuple(dict.fromkeys(_places(names, sources)))
    found = f"; looked for in {', '.join(looked)}" if looked else ""
    return f"{vendor} needs {amount} of {fields} {occasion}{found}. {advice}".strip()


def _places(names: tuple[str, ...], sources: Mapping[str, tuple[str, ...]]) -> Iterator[str]:
    """Where each field is looked for; the setting that chooses among fields is no place."""
    for name in names:
        yield from (place for place in sources[name][:2] if not place.startswith("the setting "))


def _has(output: object, steps: tuple[str, ...]) -> bool:
    for step in steps:
        output = output.get(step) if isinstance(output, dict) else None
    return not is_empty(output)
