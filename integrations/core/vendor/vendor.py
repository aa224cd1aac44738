"""A compiled vendor: plans, maps, batches and judges, all from its document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from delivery.core.outcome import Judgement
from delivery.core.response import Response
from integrations.core.event import Event
from integrations.core.mapping import Condition, Rejection, Scope
from integrations.core.operations import BadValue
from integrations.core.skips import SkipReason
from integrations.core.vendor import batching
from integrations.core.vendor.auth import NOTHING, credentials, needed_grant
from integrations.core.vendor.bodies import json_bytes
from integrations.core.vendor.changed import LaidChange
from integrations.core.vendor.definition import (
    BodyKind,
    ClickId,
    Consent,
    IdentitySync,
    Link,
    Setting,
    TestMode,
    UnknownOutcome,
)
from integrations.core.vendor.grants import Grant
from integrations.core.vendor.moment import Moment
from integrations.core.vendor.operation import READS_BACK, Operation
from integrations.core.vendor.parameters import encode
from integrations.core.vendor.responses import judge_response
from integrations.core.vendor.results import (
    BatchRequest,
    Element,
    Mode,
    Planned,
    Refused,
    Rejected,
    RejectReason,
    Skipped,
)
from integrations.core.vendor.rules import EventMap, Rule
from integrations.core.vendor.sending import Sending
from integrations.core.vendor.settings import SettingProblem, needed_when, problems, secret_forms
from integrations.core.vendor.timing import time_problem
from integrations.core.vendor.urls import swapped_to_sandbox


@dataclass(frozen=True, kw_only=True, eq=False)
class Changed:
    """What a destination has otherwise than the vendor `of` its file."""

    of: Vendor
    laid: tuple[LaidChange, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Vendor:
    """One vendor at one revision. `document` is what it was compiled from, for pages and docs; `changed`
    stands only in the form that one destination has of it.
    """

    slug: str
    name: str
    about: str
    docs: tuple[Link, ...]
    verified_on: str
    consent: Consent
    settings: Mapping[str, Setting]
    required_when: Mapping[str, Condition]
    click_ids: tuple[ClickId, ...]
    identity_syncs: tuple[IdentitySync, ...]
    operations: Mapping[str, Operation]
    events: EventMap
    sending: Sending
    test_mode: TestMode
    document: Mapping[str, object]
    changed: Changed | None = None

    def plan(self, event: Event, settings: Mapping[str, object]) -> Planned | Skipped:
        """Whether the vendor gets the event, by which rule. Needs no clock and maps nothing."""
        scope = Scope(event, settings, None, Mode.LIVE)
        chosen = self.events.choose(scope)
        if isinstance(chosen, Skipped):
            return chosen
        if not chosen.parts:
            return Planned(operation=chosen.operation, rule=chosen.name)
        try:
            parts = len(chosen.made_of(scope))
        except (Rejection, BadValue):
            parts = 1  # that one is rejected when it is rendered, with the sentence
        if not parts:
            return self._no_part(chosen)
        return Planned(operation=chosen.operation, rule=chosen.name, parts=parts)

    def render(
        self,
        event: Event,
        settings: Mapping[str, object],
        *,
        now: datetime,
        mode: Mode,
        part: int = 0,
        max_age_s: int | None = None,
    ) -> Element | Rejected | Skipped:
        """The event in the vendor's form, or one of its parts; `max_age_s` is the destination's own limit."""
        scope = Scope(event, settings, now, mode)
        scope.part = part
        try:
            chosen = self.events.choose(scope)
            if isinstance(chosen, Skipped):
                return chosen
            rule = self.part_of(chosen, scope)
            return self._element(rule, scope, now, max_age_s) if rule else self._no_part(chosen)
        except Rejection as rejection:
            return Rejected(reason=str(rejection))
        except BadValue as bad:
            return Rejected(reason=f"{self.name} can't take the event: {bad}.")

    def requests(
        self,
        elements: Sequence[Element],
        settings: Mapping[str, object],
        *,
        mode: Mode,
        sandbox_url: str = "",
        moment: Moment | None = None,
        most_together: int | None = None,
    ) -> list[BatchRequest | Refused]:
        """The requests that carry these elements, each element in exactly one request or refusal.

        Without a moment placeholders stand where only it knows: access tokens, signatures. `most_together`
        keeps requests smaller than the vendor's limit.
        """
        return batching.requests(
            self,
            elements,
            settings,
            mode=mode,
            sandbox_url=sandbox_url,
            moment=moment,
            most_together=most_together,
        )

    def grant(
        self, operation: str, settings: Mapping[str, object], *, mode: Mode, sandbox_url: str = ""
    ) -> Grant | None:
        """The grant whose access token this operation's requests carry, None when they carry none.

        Raises a rejection that names the setting that is missing.
        """
        scope = Scope(batching.NO_EVENT, settings, None, mode)
        secrets = secret_forms(self.settings.values(), settings)
        grant = needed_grant(self.operation(operation).auth, scope, self.name, secrets)
        if grant is None or not batching.goes_to_sandbox(self, mode):
            return grant
        return grant.at(swapped_to_sandbox(grant.url, sandbox_url))

    def judge(
        self,
        operation: str,
        response: Response,
        members: int,
        *,
        now: datetime,
        arrays: Mapping[str, tuple[int, ...]] | None = None,
    ) -> list[Judgement]:
        """What the answer means for each member of the request; `arrays` are those of the BatchRequest."""
        try:
            rules = self.operation(operation).responses
        except KeyError:  # sent under a revision that had it
            rules = ()
        return judge_response(rules, response, self.name, members=members, now=now, arrays=arrays)

    def retry_on_unknown(self, operation: str) -> bool:
        """Whether a request that left without an answer may simply be sent again."""
        return self.operation(operation).on_unknown_outcome is UnknownOutcome.RETRY

    def operation(self, name: str) -> Operation:
        """A declared operation, or the one that reads back what a declared one did. KeyError for others."""
        declared = self.operations[name.removesuffix(READS_BACK)]
        if not name.endswith(READS_BACK):
            return declared
        if declared.read_back is None:
            raise KeyError(name)
        return declared.read_back.operation

    def read_back(
        self, event: Event, settings: Mapping[str, object], *, now: datetime, mode: Mode, part: int = 0
    ) -> Element | Rejected:
        """The request that asks whether the event, or one of its parts, arrived; or why it can't be asked."""
        scope = Scope(event, settings, now, mode)
        scope.part = part
        try:
            chosen = self.events.choose(scope)
            rule = None if isinstance(chosen, Skipped) else self.part_of(chosen, scope)
            asking = self.operations[rule.operation].read_back if rule else None
            if asking is None:
                return Rejected(reason="The definition does not say how any more.")
            url = self._url(asking.operation, {}, scope)
            return Element(operation=asking.operation.name, rule="", body=b"", url=url)
        except (Rejection, BadValue) as problem:
            return Rejected(reason=str(problem))

    def validate_settings(self, settings: Mapping[str, object]) -> list[SettingProblem]:
        """Everything that is wrong with a destination's settings."""
        return [*problems(self.settings, settings), *self.needed_now(settings)]

    def needed_now(self, settings: Mapping[str, object]) -> list[SettingProblem]:
        """Settings without a value that the values of others make necessary."""
        scope = Scope(batching.NO_EVENT, settings, None, Mode.LIVE)
        return [
            needed_when(self.settings[name], self.settings)
            for name, when in self.required_when.items()
            if self.lacks(name, settings) and when.test(scope)
        ]

    def render_all(
        self,
        event: Event,
        settings: Mapping[str, object],
        *,
        now: datetime,
        mode: Mode,
        max_age_s: int | None = None,
    ) -> list[Element | Rejected | Skipped]:
        """Every part of the event, in order: what is delivered in the end."""
        planned = self.plan(event, settings)
        if isinstance(planned, Skipped):
            return [planned]
        return [
            self.render(event, settings, now=now, mode=mode, part=part, max_age_s=max_age_s)
            for part in range(planned.parts)
        ]

    def part_of(self, rule: Rule, scope: Scope) -> Rule | None:
        """The rule of the part that the scope asks for, its item in reach; None without such a part."""
        if not rule.parts:
            return rule if scope.part == 0 else None
        found = rule.made_of(scope)
        if scope.part >= len(found):
            return None
        chosen, scope.item = found[scope.part]
        return chosen

    def _no_part(self, rule: Rule) -> Skipped:
        lists = ", ".join(place for part in rule.parts if part.each for place in part.each.looks_in)
        found = f"nothing was found in {lists}" if lists else "the event is sent in fewer parts now"
        return Skipped(
            reason=SkipReason.UNMAPPED,
            sentence=f"{self.name} gets {rule.name} in parts, and {found}. Send what the parts are made of.",
        )

    def _element(self, rule: Rule, scope: Scope, now: datetime, max_age_s: int | None) -> Element | Rejected:
        operation = self.operations[rule.operation]
        if missing := self._missing_setting(operation, scope.settings):
            return Rejected(reason=missing, code=RejectReason.SETTINGS)
        if late := time_problem(operation.time, scope.event.timestamp, now, self.name, max_age_s):
            return late
        output = rule.output(scope)
        return Element(
            operation=operation.name,
            rule=rule.name,
            body=self._body(operation, output, scope),
            url=self._url(operation, output, scope),
            headers=operation.head(scope, NOTHING) if operation.headers_per_event else (),
            group=json_bytes(operation.group.run(scope), self.name) if operation.group else b"",
            array=rule.array,
            notes=tuple(scope.notes),
        )

    def _missing_setting(self, operation: Operation, settings: Mapping[str, object]) -> str:
        return next((self.asking_for(name) for name in operation.needs if self.lacks(name, settings)), "")

    def lacks(self, name: str, settings: Mapping[str, object]) -> bool:
        """Whether a setting that is needed has no value."""
        return settings.get(name) in (None, "") and self.settings[name].default is None

    def asking_for(self, name: str) -> str:
        """The sentence of a setting that is needed."""
        label = self.settings[name].label
        return f"{self.name} needs the setting {label} ({name}) to send. Fill it in on the destination."

    def _body(self, operation: Operation, output: object, scope: Scope) -> bytes:
        if operation.body in (BodyKind.JSON, BodyKind.LINES):
            return json_bytes(output, self.name)
        if operation.body is BodyKind.FORM and isinstance(output, Mapping):
            return encode(output, operation.limits, scope, self.name).encode()
        return b""

    def _url(self, operation: Operation, output: object, scope: Scope) -> str:
        """Only what depends on the event is made here; the rest is made once per request."""
        if not operation.url_per_event:
            return ""
        fields = output if operation.body is BodyKind.NONE else None
        return operation.address(scope, credentials(operation.auth, scope, self.name), fields)
