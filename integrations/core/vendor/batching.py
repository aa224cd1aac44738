"""Elements into requests: grouped by what they share, cut at limits, swapped to the sandbox."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import msgspec

from delivery.core.request import Request
from integrations.core.event import Event
from integrations.core.mapping import Rejection, RequestFacts, Scope
from integrations.core.operations import BadValue
from integrations.core.vendor.auth import Credentials, credentials
from integrations.core.vendor.bodies import chunks, compressed
from integrations.core.vendor.definition import BodyKind
from integrations.core.vendor.envelopes import Envelope, chosen, wrapped
from integrations.core.vendor.moment import Moment
from integrations.core.vendor.operation import Operation
from integrations.core.vendor.responses import answer_limit, sample_of
from integrations.core.vendor.results import BatchRequest, Element, Mode, Refused, RejectReason
from integrations.core.vendor.settings import secret_forms
from integrations.core.vendor.signing import Draft
from integrations.core.vendor.urls import swapped_to_sandbox, with_parameters

if TYPE_CHECKING:
    from integrations.core.vendor.vendor import Vendor

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# What a request-level expression sees in place of an event: nothing.
NO_EVENT = Event(type="", name="", message_id="", timestamp=_EPOCH, received_at=_EPOCH, payload={})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Batch:
    """What the requests of one call share."""

    vendor: Vendor
    scope: Scope
    mode: Mode
    sandbox_url: str
    secrets: tuple[str, ...]
    moment: Moment | None
    most_together: int | None
    frames: dict[tuple[str, str, bytes, bool], _Frame] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Frame:
    """What stands around the events of a request. `overhead` is its share of the body, in bytes.

    `headers` are those that do not depend on an event.
    """

    url: str
    proof: Credentials
    headers: tuple[tuple[str, str], ...]
    envelope: Envelope
    facts: RequestFacts
    overhead: int


@dataclass(frozen=True, kw_only=True, slots=True)
class _Carried:
    """The events of one request: their positions, and their bytes by the lists of the envelope."""

    members: tuple[int, ...]
    lists: Mapping[str, Sequence[bytes]]
    arrays: Mapping[str, tuple[int, ...]] | None


def requests(
    vendor: Vendor,
    elements: Sequence[Element],
    settings: Mapping[str, object],
    *,
    mode: Mode,
    sandbox_url: str,
    moment: Moment | None,
    most_together: int | None,
) -> list[BatchRequest | Refused]:
    """Each element in exactly one request or refusal."""
    everyone = tuple(range(len(elements)))
    if everyone and (refusal := _mode_refusal(vendor, everyone, mode, sandbox_url)):
        return [refusal]
    batch = _Batch(
        vendor=vendor,
        scope=Scope(NO_EVENT, settings, None, mode),
        mode=mode,
        sandbox_url=sandbox_url,
        secrets=secret_forms(vendor.settings.values(), settings),
        moment=moment,
        most_together=most_together,
    )
    return [item for group in _groups(elements) for item in _group_requests(group, elements, batch)]


def goes_to_sandbox(vendor: Vendor, mode: Mode) -> bool:
    """Whether requests go to the operator's stand-in: always, or for want of a test mode of the vendor."""
    return mode is Mode.SANDBOX or (mode is Mode.TEST and not vendor.test_mode.supported)


def _mode_refusal(vendor: Vendor, members: tuple[int, ...], mode: Mode, sandbox_url: str) -> Refused | None:
    if mode is Mode.SANDBOX and not sandbox_url:
        reason = "Sandbox mode is off on this installation. Ask the operator to set SANDBOX_URL."
        return Refused(members=members, reason=reason, code=RejectReason.NO_SANDBOX)
    if mode is Mode.TEST and not vendor.test_mode.supported and not sandbox_url:
        reason = (
            f"{vendor.name} has no test mode and no sandbox is set up. Send in live mode, or set SANDBOX_URL."
        )
        return Refused(members=members, reason=reason, code=RejectReason.NO_TEST_MODE)
    return None


def _groups(elements: Sequence[Element]) -> list[list[int]]:
    """Positions of elements that may share a request, in order of first appearance."""
    groups: dict[tuple[object, ...], list[int]] = {}
    for position, element in enumerate(elements):
        shared = (element.operation, element.url, element.headers, element.group)
        groups.setdefault(shared, []).append(position)
    return list(groups.values())


def _group_requests(
    group: list[int], elements: Sequence[Element], batch: _Batch
) -> Iterator[BatchRequest | Refused]:
    first = elements[group[0]]
    operation = batch.vendor.operation(first.operation)
    try:
        alone = _frame(operation, first, batch, batched=False)
        several = _frame(operation, first, batch, batched=True) if operation.tells_batches else alone
    except (Rejection, BadValue) as problem:
        yield Refused(members=tuple(group), reason=str(problem), code=RejectReason.SETTINGS)
        return
    sizes = [len(elements[position].body) for position in group]
    limit = min(operation.batch.max_bytes, operation.limits.body_bytes or operation.batch.max_bytes)
    largest = operation.limits.element_bytes
    kept, oversized = chunks(
        sizes,
        overhead=(several if len(group) > 1 else alone).overhead,
        max_count=_most(operation, batch),
        max_bytes=limit,
        largest=largest,
    )
    for chunk in kept:
        members = tuple(group[index] for index in chunk)
        frame = several if len(members) > 1 else alone
        headers = (*first.headers, *frame.headers)
        yield _signed_request(operation, frame, headers, _carried(members, elements, operation), batch)
    for index in oversized:
        most = min(limit, largest or limit)
        found = f"its body would have {sizes[index]} bytes and at most {most} are allowed"
        reason = f"{batch.vendor.name} can't take the event: {found}. Send a smaller event."
        yield Refused(members=(group[index],), reason=reason, code=RejectReason.TOO_LARGE)


def _frame(operation: Operation, first: Element, batch: _Batch, *, batched: bool) -> _Frame:
    """Address, headers and envelope of a request for one event, or for several; made once for all alike."""
    alike = (first.operation, first.url, first.group, batched)
    known = batch.frames.get(alike)
    if known is None:
        known = batch.frames[alike] = _new_frame(operation, first, batch, batched=batched)
    return known


def _new_frame(operation: Operation, first: Element, batch: _Batch, *, batched: bool) -> _Frame:
    scope, vendor = batch.scope, batch.vendor.name
    proof = credentials(operation.auth, scope, vendor, batch.moment)
    scope.request = RequestFacts(batched=batched, group=_decoded(first.group))
    envelope = chosen(operation.envelopes, scope)
    return _Frame(
        url=first.url or operation.address(scope, proof),
        proof=proof,
        # Credentials are laid over an element's own headers; otherwise all are made here.
        headers=proof.headers if operation.headers_per_event else operation.head(scope, proof),
        envelope=envelope,
        facts=scope.request,
        overhead=len(wrapped(envelope, dict.fromkeys(envelope.arrays, (b"",)), scope, vendor)),
    )


def _decoded(group: bytes) -> Mapping[str, object]:
    return dict(msgspec.json.decode(group)) if group else {}


def _carried(members: tuple[int, ...], elements: Sequence[Element], operation: Operation) -> _Carried:
    """The events of one request, by the lists of its envelope."""
    lists: dict[str, list[bytes]] = {}
    places: dict[str, list[int]] = {}
    for place, member in enumerate(members):
        name = elements[member].array
        lists.setdefault(name, []).append(elements[member].body)
        places.setdefault(name, []).append(place)
    arrays = {name: tuple(found) for name, found in places.items()} if operation.arrays != ("",) else None
    return _Carried(members=members, lists=lists, arrays=arrays)


def _most(operation: Operation, batch: _Batch) -> int:
    """How many events may share a request: fewer in some test modes, and while a batch is being halved."""
    limits = [operation.batch.max_count, batch.most_together]
    if batch.mode is Mode.TEST:
        limits.append(operation.batch.test_max_count)
    return min(limit for limit in limits if limit is not None)


def _signed_request(
    operation: Operation,
    frame: _Frame,
    headers: tuple[tuple[str, str], ...],
    carried: _Carried,
    batch: _Batch,
) -> BatchRequest | Refused:
    """The request, with a signature over its final address and bytes where the vendor asks for one."""
    url, proof = frame.url, frame.proof
    batch.scope.request = frame.facts
    body = wrapped(frame.envelope, carried.lists, batch.scope, batch.vendor.name)
    if proof.signature is not None:
        draft = Draft(method=operation.method, url=url, body=body, is_form=operation.body is BodyKind.FORM)
        try:
            signed = proof.signature.sign(draft, batch.scope, batch.vendor.name, batch.moment)
        except Rejection as problem:
            return Refused(members=carried.members, reason=str(problem), code=RejectReason.SETTINGS)
        proof = replace(proof, derived=(*proof.derived, *signed.secrets))
        url, headers = with_parameters(url, signed.query), (*headers, *signed.headers)
    return BatchRequest(
        operation=operation.name,
        request=_request(operation, url, headers, body, proof, batch),
        members=carried.members,
        grant=proof.grant,
        arrays=carried.arrays,
    )


def _answer_wanted(operation: Operation) -> tuple[tuple[str, str], ...]:
    """What the sandbox is to answer for a vendor that it does not know: what that vendor would."""
    sample = sample_of(operation.responses)
    if sample is None:
        return ()
    return (("X-Sandbox-Answer", f"{sample.status} {json.dumps(sample.body.decode())}"),)


def _request(
    operation: Operation,
    url: str,
    headers: tuple[tuple[str, str], ...],
    body: bytes,
    proof: Credentials,
    batch: _Batch,
) -> Request:
    packed = compressed(body, operation.gzip_over_bytes)
    if packed is not None:
        headers = (*headers, ("Content-Encoding", "gzip"))
    if goes_to_sandbox(batch.vendor, batch.mode):
        url = swapped_to_sandbox(url, batch.sandbox_url)
        headers = (*headers, ("X-Sandbox-Original-Scheme", "https"), *_answer_wanted(operation))
    return Request(
        method=operation.method,
        url=url,
        headers=headers,
        body=body if packed is None else packed,
        readable_body=body if packed is not None else None,
        deadline_ms=operation.timeout_ms,
        body_limit=answer_limit(operation.responses),
        redirect_hosts=operation.redirect_hosts,
        secrets=tuple(dict.fromkeys((*batch.secrets, *proof.derived))) if proof.derived else batch.secrets,
    )
