"""The fields of a request that is ready to be sent, wherever in it they stand, each with its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import parse_qsl, urlsplit

import msgspec

from integrations.core.mapping import RequestFacts
from integrations.core.mapping.listening import Frame, ListeningScope
from integrations.core.mapping.origins import CONSTANT, Leaf, Steps, leaves, spoken
from integrations.core.vendor import batching, parameters
from integrations.core.vendor.auth import Credentials, credentials
from integrations.core.vendor.definition import BodyKind
from integrations.core.vendor.envelopes import chosen
from integrations.core.vendor.explain import Explanation, listening
from integrations.core.vendor.operation import Operation
from integrations.core.vendor.results import BatchRequest, Mode
from integrations.core.vendor.vendor import Vendor

TOKEN = "access token"  # noqa: S105 - where a credential comes from
SIGNATURE = "signature of the request"
GROUP = "$group"


class StandsIn(StrEnum):
    """The part of a request where a field stands."""

    ADDRESS = "address"
    HEADER = "header"
    QUERY = "query"
    PATH = "path"
    BODY = "body"


@dataclass(frozen=True, kw_only=True, slots=True)
class SourcedField:
    """One value of a request. `operations` are those of the vendor file, in their order. `is_changed` where
    the destination has it otherwise than that file, `is_added` where that has none.
    """

    stands_in: StandsIn
    field: str
    value: object
    source: str
    operations: tuple[str, ...] = ()
    is_changed: bool = False
    is_added: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class _Together:
    """One request, what it carries, and the scope of what belongs to no single event."""

    vendor: Vendor
    operation: Operation
    request: BatchRequest
    carried: Sequence[Explanation]
    scope: ListeningScope
    proof: Credentials
    proof_sources: tuple[str, ...]


def sourced_fields(
    vendor: Vendor,
    request: BatchRequest,
    carried: Sequence[Explanation],
    settings: Mapping[str, object],
    *,
    mode: Mode,
) -> list[SourcedField]:
    """Every field of a request; `carried` explains its members, in their order."""
    operation = listening(vendor).operation(request.operation)
    scope = ListeningScope(batching.NO_EVENT, settings, None, mode)
    shared = carried[0].shared
    group = shared if isinstance(shared, Mapping) else {}
    scope.request = RequestFacts(batched=len(carried) > 1, group=group)
    signing = scope.record(Frame(None, ()), lambda inner: credentials(operation.auth, inner, vendor.name))
    proof = signing.value
    assert isinstance(proof, Credentials)
    together = _Together(
        vendor=vendor,
        operation=operation,
        request=request,
        carried=carried,
        scope=scope,
        proof=proof,
        proof_sources=_sources(signing, scope) or (TOKEN,),
    )
    return [*_address(together), *_query(together), *_headers(together), *_body(together)]


def element_fields(explanation: Explanation) -> list[SourcedField]:
    """The fields that were found for an event that is not sent, as they stand in its own object."""
    is_query = explanation.operation.body is BodyKind.NONE
    stands_in = StandsIn.QUERY if is_query else StandsIn.BODY
    return [_field(stands_in, leaf) for leaf in explanation.fields]


def spelled(steps: Steps) -> str:
    """`data[0].user.email`"""
    text = ""
    for step in steps:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


# --- Address and query ---
def _address(together: _Together) -> Iterator[SourcedField]:
    scope = _addressing(together)
    sources = _sources(scope.run(together.operation.url), scope)
    source = f"template of {spoken(sources)}" if sources else CONSTANT
    if batching.goes_to_sandbox(together.vendor, Mode(together.scope.mode)):
        source = f"{source}, swapped to the sandbox"
    value = together.request.request.url.partition("?")[0]
    yield SourcedField(stands_in=StandsIn.ADDRESS, field="URL", value=value, source=source)


def _query(together: _Together) -> Iterator[SourcedField]:
    """In the order of the request: declared ones, credentials, the event's own, what signs it."""
    operation, scope = together.operation, _addressing(together)
    url = operation.url.run(scope)
    declared = scope.run(operation.query)
    rows = [
        *_written_in(str(url)),
        *_parameters(together, StandsIn.QUERY, declared.value, leaves(declared, scope), scope),
        *(
            SourcedField(
                stands_in=StandsIn.QUERY, field=name, value=value, source=spoken(together.proof_sources)
            )
            for name, value in together.proof.query
        ),
    ]
    if operation.body is BodyKind.NONE:
        first = together.carried[0]
        place = StandsIn.PATH if operation.in_path else StandsIn.QUERY
        rows += _parameters(together, place, first.output, first.fields, first.scope)
    yield from rows
    told = sum(row.stands_in is StandsIn.QUERY for row in rows)
    sent = parse_qsl(urlsplit(together.request.request.url).query, keep_blank_values=True)
    for name, value in sent[told:]:
        yield SourcedField(stands_in=StandsIn.QUERY, field=name, value=value, source=SIGNATURE)


def _written_in(url: str) -> Iterator[SourcedField]:
    """Parameters that are part of the declared address."""
    for name, value in parse_qsl(urlsplit(url).query, keep_blank_values=True):
        yield SourcedField(stands_in=StandsIn.QUERY, field=name, value=value, source="part of the address")


def _parameters(
    together: _Together, stands_in: StandsIn, values: object, found: Sequence[Leaf], scope: ListeningScope
) -> Iterator[SourcedField]:
    """The fields of an object as parameters: each as one, or as several for a list of some styles."""

    def written(key: str, part: object) -> list[tuple[str, str]]:
        return list(parameters.pairs(key, part, together.operation.limits, scope, together.vendor.name))

    for name, value in values.items() if isinstance(values, Mapping) else ():
        if stands_in is StandsIn.PATH and isinstance(value, list) and all(isinstance(v, dict) for v in value):
            for index, item in enumerate(value):
                for key, part in item.items():
                    own = [leaf for leaf in found if leaf.steps[:3] == (name, index, key)]
                    for _, text in written(key, part):
                        yield _united(stands_in, f"{name}[{index}].{key}", text, own)
            continue
        own, made = [leaf for leaf in found if leaf.steps[:1] == (name,)], written(name, value)
        for place, (key, text) in enumerate(made):
            yield _united(stands_in, key, text, [own[place]] if len(own) == len(made) else own)


# --- Headers ---
def _headers(together: _Together) -> Iterator[SourcedField]:
    known = _known_headers(together)
    for name, value in together.request.request.headers:
        leaf = known.get(name.lower())
        if leaf is None and name.lower().startswith("x-sandbox-"):
            leaf = _plain("tells the sandbox what it stands in for")
        if leaf is None:
            leaf = _plain(SIGNATURE if together.proof.signature else "added on sending")
        yield _united(StandsIn.HEADER, name, value, [leaf])


def _known_headers(together: _Together) -> dict[str, Leaf]:
    operation, proof = together.operation, together.proof
    scope = together.carried[0].scope if operation.headers_per_event else together.scope
    known = {"content-type": _plain("the format of the body")}
    if together.request.request.readable_body is not None:
        known["content-encoding"] = _plain("the body is sent compressed")
    credential = {name.lower(): _plain(spoken(together.proof_sources)) for name, _ in proof.headers}
    known |= credential
    for name, expression in operation.headers:
        known |= {name.lower(): leaf for leaf in _one_value(scope.run(expression), scope)}
    if operation.extra_headers is not None:
        frame = together.scope.run(operation.extra_headers)
        known |= {str(leaf.steps[0]).lower(): leaf for leaf in leaves(frame, together.scope) if leaf.steps}
    return {**known, **credential} if operation.headers_per_event else known


def _one_value(frame: Frame, scope: ListeningScope) -> list[Leaf]:
    return leaves(frame, scope)[:1]


# --- Body ---
def _body(together: _Together) -> Iterator[SourcedField]:
    operation = together.operation
    if operation.body is BodyKind.NONE:
        return
    if operation.body is BodyKind.FORM:
        first = together.carried[0]
        yield from _parameters(together, StandsIn.BODY, first.output, first.fields, first.scope)
        return
    envelope = chosen(operation.envelopes, together.scope)
    if envelope.around is None:
        is_list = envelope.kind == "array" or len(together.carried) > 1
        yield from _members(together, "", () if not is_list else None)
        return
    assert together.scope.request is not None
    arrays = {one.rule.array for one in together.carried}
    together.scope.request.lists = {name: _Elements(name) for name in arrays}
    for leaf in leaves(together.scope.run(envelope.around), together.scope):
        if isinstance(leaf.value, _Elements):
            yield from _members(together, leaf.value.name, None, leaf.steps)
        else:
            yield _field(StandsIn.BODY, _of_group(leaf, together.carried[0].group))


@dataclass(frozen=True, slots=True)
class _Elements:
    """Stands in the envelope where the events stand."""

    name: str


def _members(
    together: _Together, array: str, alone: Steps | None, above: Steps = ()
) -> Iterator[SourcedField]:
    """The fields of the events of one list, numbered unless the event stands alone."""
    members = [one for one in together.carried if one.rule.array == array]
    for index, member in enumerate(members):
        steps = (*above, index) if alone is None else alone
        for leaf in member.fields:
            yield _field(StandsIn.BODY, leaf.under(*steps))


def _of_group(leaf: Leaf, group: Sequence[Leaf]) -> Leaf:
    """What the events have in common, by its own source."""
    for own in group:
        if leaf.sources == (f"{GROUP}.{spelled(own.steps)}",):
            return Leaf(
                steps=leaf.steps,
                value=leaf.value,
                sources=own.sources,
                operations=(*own.operations, *leaf.operations),
            )
    return leaf


# --- Small parts ---
def _addressing(together: _Together) -> ListeningScope:
    """An address that depends on the event was made with it."""
    return together.carried[0].scope if together.operation.url_per_event else together.scope


def _sources(frame: Frame, scope: ListeningScope) -> tuple[str, ...]:
    """What everything inside was made of, constants aside."""
    found = (source for part in frame.parts for leaf in leaves(part, scope) for source in leaf.sources)
    return tuple(source for source in dict.fromkeys(found) if source != CONSTANT)


def _field(stands_in: StandsIn, leaf: Leaf) -> SourcedField:
    return SourcedField(
        stands_in=stands_in,
        field=spelled(leaf.steps),
        value=msgspec.to_builtins(leaf.value, str_keys=True),
        source=spoken(leaf.sources),
        operations=leaf.operations,
        is_changed=leaf.is_changed,
        is_added=leaf.is_added,
    )


def _united(stands_in: StandsIn, name: str, text: str, found: Sequence[Leaf]) -> SourcedField:
    sources = tuple(dict.fromkeys(source for leaf in found for source in leaf.sources))
    operations = tuple(dict.fromkeys(one for leaf in found for one in leaf.operations))
    return SourcedField(
        stands_in=stands_in,
        field=name,
        value=text,
        source=spoken(sources),
        operations=operations,
        is_changed=any(leaf.is_changed for leaf in found),
        is_added=any(leaf.is_added for leaf in found),
    )


def _plain(source: str) -> Leaf:
    return Leaf(steps=(), value=None, sources=(source,))
