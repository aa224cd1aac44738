"""Checks changes against a vendor: each problem with its place in the list, and what would be right."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from integrations.core.mapping import (
    Context,
    DefinitionError,
    Expression,
    Rejection,
    Scope,
    compile_expression,
    suggestion,
)
from integrations.core.mapping.errors import Path
from integrations.core.mapping.words import DIRECTIVES
from integrations.core.vendor.batching import NO_EVENT
from integrations.core.vendor.changed import LaidChange
from integrations.core.vendor.changes.consent import consent_conditions, tells_of_consent
from integrations.core.vendor.changes.document import Change, problems_of_form, read_changes
from integrations.core.vendor.changes.outputs import SPREAD, Output, Steps, outputs_of
from integrations.core.vendor.changes.over import ADVICE, Values, over
from integrations.core.vendor.changes.people import People
from integrations.core.vendor.compile import context_of
from integrations.core.vendor.fields import Leaf
from integrations.core.vendor.results import Mode
from integrations.core.vendor.vendor import Vendor

SETTING = re.compile(r"\$settings\.([A-Za-z0-9_-]+)")
NEW = "to add a field that the file does not send, make it a new field (`new: true`)"
DEEPEST_FIELD = 8


def problems_of(documents: object, vendor: Vendor) -> list[DefinitionError]:
    """All that is not right. The path of each begins with the change's place in the list."""
    if documents is None or documents == []:
        return []
    if problems := list(problems_of_form(documents)):
        return problems
    found = Checked(vendor)
    for change in read_changes(documents):
        found.look_at(change)
    found.look_at_groups()
    return found.problems


class Checked:
    """Changes of one vendor, laid one after the other."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        self.outputs = outputs_of(vendor.document)
        self.laid: list[LaidChange] = []
        self.problems: list[DefinitionError] = []
        self._context = context_of(vendor.document, vendor.settings)
        self._people = People(self.outputs, self._context.values, vendor.name)

    def look_at(self, change: Change) -> None:
        """Lay a change, or keep what is wrong with it."""
        try:
            places = list(self._places(change))
            self._refuse_second(change, places)
            self.laid += [self._lay(change, output, steps) for output, steps in places]
        except DefinitionError as problem:
            self.problems.append(problem)

    def look_at_groups(self) -> None:
        """Of fields of which the vendor needs one, one must stay."""
        for output in self.outputs:
            gone = {_spelled(one.steps): one for one in self._of(output) if one.leaves_out}
            for group in output.groups:
                if all(name in gone for name in group):
                    rest = f"{self.vendor.name} needs one of {_listed(group)} for {output.title}"
                    path: Path = (gone[group[-1]].index, "leave_out")
                    self.problems.append(DefinitionError(path, f"{rest}; keep one"))
                    return

    # --- Where it holds ---
    def _places(self, change: Change) -> Iterator[tuple[Output, Steps]]:
        names = {name for one in self.outputs for name in (one.rule, one.title)}
        for at, rule in enumerate(change.rules):
            if rule not in names:
                hint = suggestion(rule, names)
                raise DefinitionError(
                    (change.index, "rules", at), f"{self.vendor.name} has no rule `{rule}`{hint}"
                )
        asked = [one for one in self.outputs if change.holds_for(one.rule, one.title)]
        open_ones = [one for one in asked if one.tree is not None]
        path: Path = (change.index, "field")
        if not open_ones:
            advice = "its whole object is made by one expression; change the vendor's file"
            raise DefinitionError(path, f"no field of {self._rules(change)} can be changed: {advice}")
        yield from (
            self._added(change, open_ones, path) if change.is_new else self._known(change, open_ones, path)
        )

    def _known(self, change: Change, outputs: Sequence[Output], path: Path) -> Iterator[tuple[Output, Steps]]:
        found = [(one, steps) for one in outputs if (steps := one.find(change.field)) is not None]
        missing = {one.rule for one in outputs} - {one.rule for one, _ in found} if change.rules else set()
        if found and not missing:
            yield from found
            return
        inside = next(
            (
                names
                for one in outputs
                for way, names in one.objects().items()
                if _spelled(way) == change.field
            ),
            None,
        )
        if inside:
            raise DefinitionError(path, f"it is an object of fields; change {_listed(inside, change.field)}")
        known = {_spelled(steps) for one in outputs for steps in one.fields}
        where = f" for {_listed(sorted(missing))}" if found else f" in {self._rules(change)}"
        hint = suggestion(change.field, known) if not found else ""
        raise DefinitionError(path, f"there is no field `{change.field}`{where}{hint}; {NEW}")

    def _added(self, change: Change, outputs: Sequence[Output], path: Path) -> Iterator[tuple[Output, Steps]]:
        steps = tuple(change.field.split("."))
        for step in steps:
            if not step or step == SPREAD or step in DIRECTIVES or len(steps) > DEEPEST_FIELD:
                raise DefinitionError(
                    path, f"a field can't be called `{step}`; write names with dots between them"
                )
        for one in outputs:
            for known in one.fields:
                if known[: len(steps)] == steps:
                    raise DefinitionError(path, f"the file sends it for {one.title}; remove `new`")
                if steps[: len(known)] == known:
                    whole = f"`{_spelled(known)}` is made by one expression"
                    raise DefinitionError(
                        path, f"{whole} for {one.title}; change it as a whole, or choose another event"
                    )
            yield one, steps

    def _refuse_second(self, change: Change, places: Sequence[tuple[Output, Steps]]) -> None:
        for output, steps in places:
            for one in self._of(output):
                shared = min(len(one.steps), len(steps))
                if one.steps[:shared] == steps[:shared]:
                    first = f"change {one.index + 1} is about it already for {output.title}"
                    raise DefinitionError((change.index, "field"), f"{first}; keep one of them")

    # --- What it does ---
    def _lay(self, change: Change, output: Output, steps: Steps) -> LaidChange:
        return LaidChange(
            index=change.index,
            rule=output.rule,
            title=output.title,
            path=output.path,
            steps=steps,
            document=self._made(change, output, steps),
            is_new=change.is_new,
        )

    def _made(self, change: Change, output: Output, steps: Steps) -> Any:
        """What stands at the field from now on, None where it is left out."""
        declared = output.fields.get(steps)
        if declared is not None and tells_of_consent(declared.document, self.vendor.document):
            said = f"`{change.field}` tells {self.vendor.name} what the visitor consented to"
            raise DefinitionError((change.index, "field"), f"{said}; it stays as the file makes it")
        if change.leaves_out:
            self._refuse_needed(change, output, declared)
            return None
        path: Path = (change.index, "value")
        read = self._compiled(change.value, output, steps, path, reads_secrets=False)
        self._refuse_same_key(change, output, read, path)
        own = declared.document if declared else None
        document = over(own, change.value, self._context.values, path)
        lost = consent_conditions(own, self.vendor.document) - consent_conditions(
            document, self.vendor.document
        )
        if lost:
            raise DefinitionError(path, f"the visitor's consent decides on parts of it; {ADVICE}")
        if problem := self._people.problem(document, own):
            raise DefinitionError(path, problem)
        laid = self._compiled(document, output, steps, path, reads_secrets=True)
        _refuse_always(laid, path)
        return document

    def _compiled(
        self, document: Any, output: Output, steps: Steps, path: Path, *, reads_secrets: bool
    ) -> Expression:
        settings = self._context.settings
        if not reads_secrets:
            _refuse_secrets(document, self.vendor, path)
            secret = {one.name for one in self.vendor.settings.values() if one.secret}
            settings = {name: value for name, value in settings.items() if name not in secret}
        inside: Context = replace(
            self._context, settings=settings, in_each=output.in_each, target=_spelled(steps)
        )
        return compile_expression(document, inside, path)

    def _refuse_needed(self, change: Change, output: Output, declared: Leaf | None) -> None:
        path: Path = (change.index, "leave_out")
        if declared is not None and _is_required(declared.document, self._context.values):
            needs = f"{self.vendor.name} needs `{change.field}` for {output.title}"
            raise DefinitionError(path, f"{needs}; give it another value instead")
        if change.field in re.split(r", | and | or ", output.deduplication):
            told = f"{self.vendor.name} knows a repeated event by `{change.field}`"
            raise DefinitionError(path, f"{told}: without it a retry could count twice")

    def _refuse_same_key(self, change: Change, output: Output, read: Expression, path: Path) -> None:
        is_key = change.field in re.split(r", | and | or ", output.deduplication)
        if is_key and (not read.per_event or "now" in read.looks_in):
            told = f"{self.vendor.name} knows a repeated event by `{change.field}`"
            raise DefinitionError(path, f"{told}: it must come from the event, and be the same at each retry")

    def _of(self, output: Output) -> list[LaidChange]:
        return [one for one in self.laid if one.path == output.path]

    def _rules(self, change: Change) -> str:
        return _listed(change.rules) if change.rules else "any rule"


def _refuse_always(laid: Expression, path: Path) -> None:
    """What is the same for every event must be of use to the vendor."""
    if laid.per_event or laid.looks_in or laid.also_in:
        return
    try:
        laid.run(Scope(NO_EVENT, {}, None, Mode.LIVE))
    except Rejection as rejection:
        raise DefinitionError(path, f"every event would be refused: {rejection}") from None


def _refuse_secrets(document: Any, vendor: Vendor, path: Path) -> None:
    for text in _texts(document):
        for name in SETTING.findall(text):
            if name in vendor.settings and vendor.settings[name].secret:
                raise DefinitionError(path, f"`{name}` is a secret, which only the vendor's file may send")


def _texts(document: Any) -> Iterator[str]:
    if isinstance(document, str):
        yield document
    elif isinstance(document, Mapping):
        for key, value in document.items():
            yield str(key)
            yield from _texts(value)
    elif isinstance(document, list):
        for value in document:
            yield from _texts(value)


def _is_required(document: Any, values: Values) -> bool:
    """Whether the file ever refuses an event for want of it."""
    if isinstance(document, list):
        return any(_is_required(one, values) for one in document)
    if not isinstance(document, Mapping):
        return False
    shared = values.get(str(document.get("use", "")))
    return (
        bool(document.get("required"))
        or (shared is not None and _is_required(shared.document, shared.earlier))
        or any(_is_required(one, values) for key, one in document.items() if key not in ("item", "constant"))
    )


def _spelled(steps: Sequence[str]) -> str:
    return ".".join(steps)


def _listed(names: Sequence[str], above: str = "") -> str:
    told = [f"`{above}.{name}`" if above else f"`{name}`" for name in names]
    return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} or {told[-1]}"
