"""One compiled operation of a vendor: a request's method, address, credentials, body and rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from integrations.core.mapping import Expression, Rejection, Scope
from integrations.core.operations import BadValue
from integrations.core.operations.values import to_text
from integrations.core.vendor import parameters
from integrations.core.vendor.auth import Credentials, Entry
from integrations.core.vendor.definition import (
    Batch,
    BodyKind,
    Deduplication,
    RateLimit,
    TimeRules,
    UnknownOutcome,
)
from integrations.core.vendor.envelopes import Envelope
from integrations.core.vendor.headers import checked_header
from integrations.core.vendor.parameters import Limits
from integrations.core.vendor.responses import ResponseRule
from integrations.core.vendor.urls import percent_encoded

CONTENT_TYPES = {
    BodyKind.JSON: "application/json",
    BodyKind.FORM: "application/x-www-form-urlencoded",
    BodyKind.LINES: "application/x-ndjson",
}


READS_BACK = " (read back)"  # after the name of an operation: the request that asks whether one arrived


@dataclass(frozen=True, kw_only=True, slots=True)
class ReadBack:
    """How the vendor is asked whether a request arrived, so long after it left without an answer."""

    operation: Operation
    after_s: float


@dataclass(frozen=True, kw_only=True)
class Operation:
    """What is sent for the events of one kind. `needs` are the settings that it can't do without."""

    name: str
    vendor: str
    about: str
    method: str
    url: Expression
    query: Expression
    headers: tuple[tuple[str, Expression], ...]
    extra_headers: Expression | None
    auth: tuple[Entry, ...]
    body: BodyKind
    in_path: bool  # the fields of a request without a body stand in the path, not in the query
    envelopes: tuple[Envelope, ...]
    group: Expression | None
    tells_batches: bool  # one event alone has another address, header or envelope than several
    batch: Batch
    gzip_over_bytes: int | None
    timeout_ms: int
    redirect_hosts: tuple[str, ...] | None
    rate_limit: RateLimit | None
    on_unknown_outcome: UnknownOutcome
    read_back: ReadBack | None
    limits: Limits
    time: TimeRules
    deduplication: Deduplication | None
    responses: tuple[ResponseRule, ...]
    needs: tuple[str, ...]

    @cached_property
    def arrays(self) -> tuple[str, ...]:
        """The names of the envelope's lists, "" for the only one."""
        return self.envelopes[-1].arrays

    @cached_property
    def longest_ms(self) -> int:
        """The longest deadline of its requests, the one that reads back among them."""
        return max(self.timeout_ms, self.read_back.operation.timeout_ms if self.read_back else 0)

    @cached_property
    def url_per_event(self) -> bool:
        return self.body is BodyKind.NONE or self.url.per_event or self.query.per_event

    @cached_property
    def headers_per_event(self) -> bool:
        return any(expression.per_event for _, expression in self.headers)

    def address(self, scope: Scope, credentials: Credentials, fields: object = None) -> str:
        """The whole URL: declared query, then credentials, then the fields of a request without a body."""
        url = self.url.run(scope)
        if url is None:
            places = " and ".join(self.url.looks_in)
            raise Rejection(f"{self.vendor} needs {places} for the address of the request. Fill it in.")
        if self.in_path and isinstance(fields, Mapping):
            url = f"{url}{parameters.encode_path(fields, self.limits, scope, self.vendor)}"
            fields = None
        query = "&".join(part for part in self._query_parts(scope, credentials, fields) if part)
        whole = f"{url}{'&' if '?' in str(url) else '?'}{query}" if query else str(url)
        longest = self.limits.url_length
        if longest is not None and len(whole) > longest:
            found = f"the URL would have {len(whole)} characters and at most {longest} are allowed"
            raise Rejection(f"{self.vendor} can't take the event: {found}. Send fewer or shorter values.")
        return whole

    def head(self, scope: Scope, credentials: Credentials) -> tuple[tuple[str, str], ...]:
        """All headers, in the order content type, credentials, declared ones."""
        content_type = CONTENT_TYPES.get(self.body)
        found = dict([("Content-Type", content_type)] if content_type else [])
        found.update(credentials.headers)
        for name, expression in self.headers:
            if (value := expression.run(scope)) is not None and value != "":
                self._put(found, name, value)
        extra = self.extra_headers.run(scope) if self.extra_headers else None
        for name, value in extra.items() if isinstance(extra, dict) else ():
            self._put(found, str(name), value)
        return tuple(found.items())

    def _query_parts(self, scope: Scope, credentials: Credentials, fields: object) -> list[str]:
        declared = self.query.run(scope)
        parts = (
            [parameters.encode(declared, self.limits, scope, self.vendor)]
            if isinstance(declared, dict)
            else []
        )
        parts += [f"{percent_encoded(name)}={percent_encoded(value)}" for name, value in credentials.query]
        if isinstance(fields, Mapping):
            parts.append(parameters.encode(fields, self.limits, scope, self.vendor))
        return parts

    def _put(self, found: dict[str, str], name: str, value: object) -> None:
        """One header; a later one replaces an earlier one of the same name in any case."""
        try:
            name, text = checked_header(name, to_text(value), self.vendor)
        except BadValue as bad:
            raise Rejection(f"{self.vendor} can't send the header `{name}`: {bad}.") from None
        for known in [known for known in found if known.lower() == name.lower()]:
            del found[known]
        found[name] = text
