"""Compiles the mapping directives to closures, once per vendor revision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from integrations.core.dictionary import FAMILIES, MEANINGS, PRODUCT, meaning
from integrations.core.mapping import sentences
from integrations.core.mapping.conditions import compile_condition
from integrations.core.mapping.context import Context, checked_weight
from integrations.core.mapping.errors import DefinitionError, Path, suggestion
from integrations.core.mapping.jmespaths import compile_jmespath
from integrations.core.mapping.modifiers import modify
from integrations.core.mapping.paths import compile_path, first_of
from integrations.core.mapping.scope import Condition, Expression, Run, Scope, is_empty
from integrations.core.mapping.templates import compile_template
from integrations.core.mapping.words import DIRECTIVES, PRODUCERS, is_directive
from integrations.core.operations.values import BadValue

MOST_ITEMS = 1_000  # of one list in one event
MOST_WORK = 300_000  # expressions of all items of a list, so that no event takes seconds
SPREAD = "*"


def compile_expression(document: object, context: Context, path: Path) -> Expression:
    """The closure for one expression of a vendor file."""
    context.budget.spend(path)
    compiled = _compiled(document, context, path)
    if context.listener is None:
        return compiled
    return context.listener.expression(compiled, document, context, path)


def _compiled(document: object, context: Context, path: Path) -> Expression:
    if isinstance(document, str):
        is_path = document.startswith("$") or (context.in_each and document.startswith("."))
        return compile_path(document, context, path) if is_path else _constant(document)
    if document is None or isinstance(document, (bool, int, float)):
        return _constant(document)
    if isinstance(document, list):
        return _list(document, context.deeper(path), path)
    if not isinstance(document, Mapping):
        raise DefinitionError(path, "an expression is text, a number, true, false, a list or an object")
    if is_directive(document):
        return _directive(document, context.deeper(path), path)
    return compile_object(document, context, path)


def compile_object(document: Mapping[str, object], context: Context, path: Path) -> Expression:
    """An object of the vendor's fields, in their order, without the empty ones."""
    fields = {
        str(name): compile_expression(value, context.field(str(name), (*path, str(name))), (*path, str(name)))
        for name, value in document.items()
    }
    return object_of(fields, context, path)


def object_of(fields: Mapping[str, Expression], context: Context, path: Path) -> Expression:
    """The object of compiled fields; a field named * lends its own fields instead."""
    if (listener := context.listener) is not None:
        fields = {name: listener.field(name, field, context) for name, field in fields.items()}
    parts = tuple((name, expression.run, expression.keeps_empty) for name, expression in fields.items())

    def build(scope: Scope) -> dict[str, object]:
        result = {}
        for name, run, keeps_empty in parts:
            value = run(scope)
            if value or value == 0 or (keeps_empty and value is not None):
                result[name] = value
        return result

    def spread(scope: Scope) -> object:
        result: dict[str, object] = {}
        for name, value in build(scope).items():
            result.update(value if name == SPREAD and isinstance(value, dict) else {name: value})
        return result

    return _combined(spread if SPREAD in fields else build, fields.values(), path)


def _directive(document: Mapping[str, object], context: Context, path: Path) -> Expression:
    for word in document:
        if word not in DIRECTIVES:
            hint = suggestion(word, DIRECTIVES)
            advice = (
                ""
                if hint.startswith(" (did")
                else "; to send a field of this name, wrap the object in `object:`"
            )
            raise DefinitionError((*path, str(word)), f"unknown directive{hint or advice}", key=True)
    producers = [word for word in document if word in PRODUCERS]
    if len(producers) != 1:
        found = " and ".join(f"`{word}`" for word in producers) or "none"
        raise DefinitionError(path, f"one of {', '.join(sorted(PRODUCERS))} is needed, but there is {found}")
    if "item" in document and producers != ["each"]:
        raise DefinitionError((*path, "item"), "`item` belongs to `each`", key=True)
    produced = _produce(producers[0], document, context, path)
    if context.listener is not None:
        produced = context.listener.producer(produced)
    return modify(produced, document, context, path, compile_expression)


def _produce(word: str, document: Mapping[str, object], context: Context, path: Path) -> Expression:
    value, place = document[word], (*path, word)
    match word:
        case "from":
            return _source(value, context, place)
        case "first":
            return _first(value, context, place)
        case "constant":
            return _constant(value)
        case "each":
            return _each(document, context, path)
        case "template":
            return compile_template(value, context, place, compile_expression)
        case "merge":
            return _merge(value, context, place)
        case "jmespath":
            return compile_jmespath(value, context, place)
        case "use":
            return _shared(value, context, place)
    if not isinstance(value, Mapping):
        raise DefinitionError(place, "`object` needs the fields of an object")
    return compile_object(value, context, place)


def _constant(value: object) -> Expression:
    return Expression(run=lambda scope: value)


def _list(documents: list[object], context: Context, path: Path) -> Expression:
    """A list of the values that are there; one that keeps empty ones holds its place."""
    parts = [compile_expression(value, context, (*path, index)) for index, value in enumerate(documents)]
    pairs = tuple((part.run, part.keeps_empty) for part in parts)

    def build(scope: Scope) -> object:
        values = ((run(scope), keeps_empty) for run, keeps_empty in pairs)
        return [value for value, keeps_empty in values if keeps_empty or not is_empty(value)]

    return _combined(build, parts, path)


def _source(value: object, context: Context, path: Path) -> Expression:
    """A path, or a name of the semantic dictionary."""
    if not isinstance(value, str):
        raise DefinitionError(path, "`from` needs a path such as $properties.x, or a name such as email")
    if value.startswith(("$", ".")):
        return compile_path(value, context, path)
    found = meaning(value, context.vendor, in_each=context.in_each)
    if found is None and _is_path(f"${value}", context):
        raise DefinitionError(path, f"no field is called `{value}` (did you mean `${value}`?)")
    if found is None:
        known = [
            *MEANINGS,
            *(f"product.{field}" for field in PRODUCT),
            *(f"{one}.<name>" for one in FAMILIES),
        ]
        raise DefinitionError(path, f"the dictionary has no `{value}`{suggestion(value, known)}")
    parts = [compile_path(source, context, path) for source in found.places]
    places = [place for part in parts for place in part.looks_in]
    told = tuple(places[: len(found.sources)])
    return replace(
        _coalesced(parts, path),
        run=_first_found(first_of(found.places, [part.run for part in parts])),
        looks_in=told,
        also_in=tuple(places[len(found.sources) :]),
        advice=sentences.pass_in(found.label, told),
    )


def _is_path(text: str, context: Context) -> bool:
    try:
        compile_path(text, context, ())
    except DefinitionError:
        return False
    return True


def _first(value: object, context: Context, path: Path) -> Expression:
    if not isinstance(value, list) or not value:
        raise DefinitionError(path, "`first` needs a list of expressions")
    parts = [compile_expression(entry, context, (*path, index)) for index, entry in enumerate(value)]
    return replace(_coalesced(parts, path), advice=next((part.advice for part in parts if part.advice), ""))


def _coalesced(parts: list[Expression], path: Path) -> Expression:
    if len(parts) == 1:
        return parts[0]
    return _combined(_first_found([part.run for part in parts]), parts, path)


def _first_found(runs: list[Run]) -> Run:
    if len(runs) == 1:
        return runs[0]
    candidates = tuple(runs)

    def run(scope: Scope) -> object:
        for candidate in candidates:
            value = candidate(scope)
            if value or (value is not None and value == 0):
                return value
        return None

    return run


def _each(document: Mapping[str, object], context: Context, path: Path) -> Expression:
    """One output per item. Inside, only the item's own lists may be walked, so the work stays linear."""
    if "item" not in document:
        raise DefinitionError(path, "`each` needs `item`: what is made of one item")
    source_document = document["each"]
    if context.in_each and not (isinstance(source_document, str) and source_document.startswith(".")):
        raise DefinitionError(
            (*path, "each"), "`each` inside `each` walks a list of the item, such as .variants"
        )
    is_name = isinstance(source_document, str)
    source = compile_expression(
        {"from": source_document} if is_name else source_document, context, (*path, "each")
    )
    item = compile_expression(document["item"], replace(context, in_each=True), (*path, "item"))
    return replace(_combined(_walked(source.run, item), (source, item), path), looks_in=source.looks_in)


def _walked(source: Run, item: Expression) -> Run:
    make, keeps_empty = item.run, item.keeps_empty
    most = min(MOST_ITEMS, max(MOST_WORK // item.weight, 1))

    def run(scope: Scope) -> object:
        found = source(scope)
        items = found if isinstance(found, list) else [found] if isinstance(found, dict) and found else []
        if len(items) > most:
            raise BadValue(f"the list has {len(items)} items, and at most {most} are sent; split the event")
        outer, results = scope.item, []
        try:
            for scope.item in items:
                value = make(scope)
                if value or value == 0 or keeps_empty:
                    results.append(value)
        finally:
            scope.item = outer
        return results

    return run


def _merge(value: object, context: Context, path: Path) -> Expression:
    """One object of several; later ones win."""
    if not isinstance(value, list) or not value:
        raise DefinitionError(path, "`merge` needs a list of objects")
    parts = [compile_expression(entry, context, (*path, index)) for index, entry in enumerate(value)]
    runs = tuple(part.run for part in parts)

    def run(scope: Scope) -> object:
        merged: dict[str, object] = {}
        for part in runs:
            found = part(scope)
            if isinstance(found, dict):
                merged.update((name, value) for name, value in found.items() if not is_empty(value))
        return merged

    return _combined(run, parts, path)


def _shared(value: object, context: Context, path: Path) -> Expression:
    """A named value, compiled where it is used, so that sentences name the vendor's field."""
    if value not in context.values:
        known = context.values
        raise DefinitionError(path, f"no value `{value}` is declared before this{suggestion(value, known)}")
    shared = context.values[str(value)]
    return compile_expression(shared.document, replace(context, values=shared.earlier), shared.path)


def _combined(run: Run, parts: Iterable[Expression], path: Path) -> Expression:
    members = list(parts)
    return Expression(
        run=run,
        looks_in=tuple(dict.fromkeys(place for part in members for place in part.looks_in)),
        also_in=tuple(dict.fromkeys(place for part in members for place in part.also_in)),
        per_event=any(part.per_event for part in members),
        weight=checked_weight(1 + sum(part.weight for part in members), path),
    )


def condition(document: object, context: Context, path: Path) -> Condition:
    """A condition, compiled with this language's expressions."""
    return compile_condition(document, context, path, compile_expression)
