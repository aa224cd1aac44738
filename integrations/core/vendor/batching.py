"""Elements into requests: grouped by what they share, cut at limits, swapped to the sandbox."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from delivery.core.request import Request
from integrations.core.event import Event
from integrations.core.mapping import Rejection, Scope
from integrations.core.operations import BadValue
from integrations.core.vendor.auth import Credentials, credentials
from integrations.core.vendor.bodies import chunks, compressed, frame
from integrations.core.vendor.definition import BodyKind
from integrations.core.vendor.moment import Moment
from integrations.core.vendor.operation import Operation
from integrations.core.vendor.responses import answer_limit
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
        groups.setdefault((element.operation, element.url, element.headers), []).append(position)
    return list(groups.values())


def _group_requests(
    group: list[int], elements: Sequence[Element], batch: _Batch
) -> Iterator[BatchRequest | Refused]:
    first = elements[group[0]]
    operation = batch.vendor.operations[first.operation]
    try:
        proof = credentials(operation.auth, batch.scope, batch.vendor.name, batch.moment)
        before, after = frame(operation.envelope, batch.scope, batch.vendor.name)
        url = first.url or operation.address(batch.scope, proof)
        headers = _headers(operation, first, proof, batch.scope)
    except (Rejection, BadValue) as problem:
        yield Refused(members=tuple(group), reason=str(problem), code=RejectReason.SETTINGS)
        return
    sizes = [len(elements[position].body) for position in group]
    limit = min(operation.batch.max_bytes, operation.limits.body_bytes or operation.batch.max_bytes)
    largest = operation.limits.element_bytes
    kept, oversized = chunks(
        sizes,
        overhead=len(before) + len(after),
        max_count=_most(operation, batch),
        max_bytes=limit,
        largest=largest,
    )
    for chunk in kept:
        members = tuple(group[index] for index in chunk)
        body = before + b",".join(elements[member].body for member in members) + after
        yield _signed_request(operation, url, headers, body, members, proof, batch)
    for index in oversized:
        most = min(limit, largest or limit)
        found = f"its body would have {sizes[index]} bytes and at most {most} are allowed"
        reason = f"{batch.vendor.name} can't take the event: {found}. Send a smaller event."
        yield Refused(members=(group[index],), reason=reason, code=RejectReason.TOO_LARGE)


def _headers(
    operation: Operation, first: Element, proof: Credentials, scope: Scope
) -> tuple[tuple[str, str], ...]:
    """Credentials are laid over an element's own headers; otherwise all are made here."""
    if not operation.headers_per_event:
        return operation.head(scope, proof)
    return (*first.headers, *proof.headers)


def _most(operation: Operation, batch: _Batch) -> int:
    """How many events may share a request: fewer than the vendor takes while a batch is being halved."""
    return min(operation.batch.max_count, batch.most_together or operation.batch.max_count)


def _signed_request(
    operation: Operation,
    url: str,
    headers: tuple[tuple[str, str], ...],
    body: bytes,
    members: tuple[int, ...],
    proof: Credentials,
    batch: _Batch,
) -> BatchRequest | Refused:
    """The request, with a signature over its final address and bytes where the vendor asks for one."""
    if proof.signature is None:
        return _request(operation, url, headers, body, members, proof, batch)
    draft = Draft(method=operation.method, url=url, body=body, is_form=operation.body is BodyKind.FORM)
    try:
        signed = proof.signature.sign(draft, batch.scope, batch.vendor.name, batch.moment)
    except Rejection as problem:
        return Refused(members=members, reason=str(problem), code=RejectReason.SETTINGS)
    proof = replace(proof, derived=(*proof.derived, *signed.secrets))
    url, headers = with_parameters(url, signed.query), (*headers, *signed.headers)
    return _request(operation, url, headers, body, members, proof, batch)


def _request(
    operation: Operation,
    url: str,
    headers: tuple[tuple[str, str], ...],
    body: bytes,
    members: tuple[int, ...],
    proof: Credentials,
    batch: _Batch,
) -> BatchRequest:
    packed = compressed(body, operation.gzip_over_bytes)
    if packed is not None:
        headers = (*headers, ("Content-Encoding", "gzip"))
    if goes_to_sandbox(batch.vendor, batch.mode):
        url = swapped_to_sandbox(url, batch.sandbox_url)
        headers = (*headers, ("X-Sandbox-Original-Scheme", "https"))
    request = Request(
        method=operation.method,
        url=url,
        headers=headers,
        body=body if packed is None else packed,
        readable_body=body if packed is not None else None,
        deadline_ms=operation.timeout_ms,
        body_limit=answer_limit(operation.responses),
        redirect_hosts=operation.redirect_hosts,
        secrets=tuple(dict.fromkeys((*batch.secrets, *proof.derived))),
    )
    return BatchRequest(operation=operation.name, request=request, members=members, grant=proof.grant)
