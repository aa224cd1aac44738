"""Compiles a vendor document: checked by the schema first, then by meaning, then to closures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from integrations.core.mapping import (
    Condition,
    Context,
    DefinitionError,
    Shared,
    compile_expression,
    condition,
    suggestion,
)
from integrations.core.mapping.context import Listener
from integrations.core.mapping.errors import Path
from integrations.core.vendor import schema
from integrations.core.vendor.compile_operation import compile_operation
from integrations.core.vendor.compile_rule import compile_fallback, compile_rules
from integrations.core.vendor.definition import (
    Consent,
    Setting,
    TestMode,
    read_click_id,
    read_identity_sync,
    read_links,
    read_setting,
)
from integrations.core.vendor.identity import check_identity_syncs
from integrations.core.vendor.operation import Operation
from integrations.core.vendor.rules import EventMap
from integrations.core.vendor.sending import compile_sending
from integrations.core.vendor.settings import check_declaration
from integrations.core.vendor.vendor import Vendor

MOST_SHARED = 40  # conditions or values that one vendor may name


def compile_vendor(document: Mapping[str, Any], listener: Listener | None = None) -> Vendor:
    """The vendor; raises DefinitionError with the path of what is wrong. With a listener it only explains."""
    schema.check(document)
    settings = _settings(document)
    check_identity_syncs(document, settings)
    context = context_of(document, settings, listener)
    declared = merged_operations(document)
    operations = {
        name: compile_operation(name, merged, settings, context, ("operations", origin), document["name"])
        for name, (merged, origin) in declared.items()
    }
    _check_required_for(settings, operations)
    required_when = _required_when(settings, context)
    rules = compile_rules(document, context, operations, declared)
    fallback = compile_fallback(document, context, operations, declared)
    return Vendor(
        slug=document["slug"],
        name=document["name"],
        about=document["about"],
        docs=read_links(document["docs"]),
        verified_on=document["verified_on"],
        consent=Consent(**document["consent"]),
        settings=settings,
        required_when=required_when,
        click_ids=tuple(read_click_id(entry) for entry in document.get("click_ids", ())),
        identity_syncs=tuple(read_identity_sync(entry) for entry in document.get("identity_syncs", ())),
        operations=operations,
        events=EventMap(rules, fallback, document["name"]),
        sending=compile_sending(document),
        test_mode=TestMode(**document["test_mode"]),
        document=document,
    )


def _settings(document: Mapping[str, Any]) -> dict[str, Setting]:
    settings = {name: read_setting(name, entry) for name, entry in document.get("settings", {}).items()}
    for name, setting in settings.items():
        check_declaration(setting, ("settings", name))
    return settings


def context_of(
    document: Mapping[str, Any], settings: Mapping[str, Setting], listener: Listener | None = None
) -> Context:
    """What the vendor's expressions may use: its settings, named conditions and named values."""
    defaults = {name: setting.default for name, setting in settings.items()}
    context = Context(vendor=document["slug"], name=document["name"], settings=defaults, listener=listener)
    return _shared(document, context)


def _shared(document: Mapping[str, Any], context: Context) -> Context:
    """Named conditions, then named values; each may use what stands above it, so none can use itself."""
    for kind in ("conditions", "values"):
        if len(document.get(kind, {})) > MOST_SHARED:
            raise DefinitionError((kind,), f"at most {MOST_SHARED} may be named")
    conditions: dict[str, Condition] = {}
    for name, entry in document.get("conditions", {}).items():
        context = replace(context, conditions=dict(conditions))
        conditions[name] = condition(entry, context, ("conditions", name))
    context = replace(context, conditions=conditions)
    values: dict[str, Shared] = {}
    for name, entry in document.get("values", {}).items():
        earlier = dict(values)
        compile_expression(entry, replace(context, values=earlier, target=name), ("values", name))
        values[name] = Shared(entry, ("values", name), earlier)
    return replace(context, values=values)


def merged_operations(document: Mapping[str, Any]) -> dict[str, tuple[dict[str, Any], str]]:
    """Each operation laid over the one that it extends, with the name of its own place."""
    merged: dict[str, tuple[dict[str, Any], str]] = {}
    for name, entry in document["operations"].items():
        base = entry.get("extends")
        path: Path = ("operations", name)
        if base is not None and base not in merged:
            raise DefinitionError(
                (*path, "extends"), f"no operation `{base}` stands above{suggestion(base, merged)}"
            )
        inherited = dict(merged[base][0]) if base else {}
        layers = [*inherited.pop("layers", []), (name, entry.get("fields", {}))]
        merged[name] = ({**inherited, **entry, "layers": layers}, name)
    return merged


def _required_when(settings: Mapping[str, Setting], context: Context) -> dict[str, Condition]:
    """When each setting is needed, by what stands in the others."""
    inside = replace(context, batch=True)
    return {
        name: condition(setting.required_when, inside, ("settings", name, "required_when"))
        for name, setting in settings.items()
        if setting.required_when is not None
    }


def _check_required_for(settings: Mapping[str, Setting], operations: Mapping[str, Operation]) -> None:
    for name, setting in settings.items():
        for index, operation in enumerate(setting.required_for):
            if operation not in operations:
                path = ("settings", name, "required_for", index)
                raise DefinitionError(path, f"no operation `{operation}`{suggestion(operation, operations)}")
