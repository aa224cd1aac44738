"""Envelopes: what stands around the events of one request."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from integrations.core.mapping import (
    Condition,
    Context,
    DefinitionError,
    Expression,
    Scope,
    compile_expression,
    condition,
)
from integrations.core.mapping.errors import Path
from integrations.core.vendor.bodies import json_bytes

ELEMENTS = "$elements"  # where the events stand; $elements.<name> where there are several lists of them


@dataclass(frozen=True, kw_only=True, slots=True)
class Envelope:
    """`object` sends one event as it is, `array` a list, `lines` one on each line, `around` an object with
    the lists inside. `arrays` are the lists' names, "" for the only one.
    """

    kind: str
    around: Expression | None = None
    arrays: tuple[str, ...] = ("",)
    test: Condition | None = None

    @property
    def holds_many(self) -> bool:
        return self.kind != "object"


def compile_envelopes(document: object, context: Context, path: Path, *, is_lines: bool) -> list[Envelope]:
    """The envelope, or several of which the first that holds is used."""
    if is_lines:
        if document is not None:
            raise DefinitionError(path, "lines of JSON have no envelope; remove it")
        return [Envelope(kind="lines")]
    if not isinstance(document, list):
        return [_envelope("object" if document is None else document, context, path, None)]
    return [
        _envelope(
            entry["envelope"],
            context,
            (*path, index, "envelope"),
            condition(entry["when"], context, (*path, index, "when")) if "when" in entry else None,
        )
        for index, entry in enumerate(document)
    ]


def chosen(envelopes: Sequence[Envelope], scope: Scope) -> Envelope:
    """The first whose condition holds, else the last."""
    for envelope in envelopes:
        if envelope.test is None or envelope.test.test(scope):
            return envelope
    return envelopes[-1]


def wrapped(envelope: Envelope, lists: Mapping[str, Sequence[bytes]], scope: Scope, vendor: str) -> bytes:
    """The body of a request: the events' bytes, by list, inside their envelope. Empty lists are left out."""
    bodies = next(iter(lists.values()))
    match envelope.kind:
        case "object":
            return bodies[0]
        case "array":
            return _listed(bodies)
        case "lines":
            return b"".join(body + b"\n" for body in bodies)
    assert envelope.around is not None and scope.request is not None
    scope.request.lists = {name: msgspec.Raw(_listed(found)) for name, found in lists.items()}
    return json_bytes(envelope.around.run(scope), vendor)


def _listed(bodies: Sequence[bytes]) -> bytes:
    return b"[" + b",".join(bodies) + b"]"


def _envelope(document: Any, context: Context, path: Path, test: Condition | None) -> Envelope:
    if not isinstance(document, Mapping):
        return Envelope(kind=document, test=test)
    arrays = tuple(_arrays(document))
    is_named = arrays != ("",)
    if not arrays or len(set(arrays)) != len(arrays) or (is_named and "" in arrays):
        advice = f"needs the text {ELEMENTS} exactly once, where the events stand"
        raise DefinitionError(path, f"the envelope {advice}, or {ELEMENTS}.<name> for each of several lists")
    around = compile_expression(document, context, path)
    return Envelope(kind="around", around=around, arrays=arrays, test=test)


def _arrays(document: object) -> list[str]:
    """The names of the lists that stand in the envelope, in order."""
    if isinstance(document, Mapping):
        return [name for value in document.values() for name in _arrays(value)]
    if isinstance(document, list):
        return [name for value in document for name in _arrays(value)]
    is_list = isinstance(document, str) and (document == ELEMENTS or document.startswith(f"{ELEMENTS}."))
    return [str(document)[len(ELEMENTS) + 1 :]] if is_list else []
