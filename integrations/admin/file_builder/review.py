"""Step 4: everything that a build of the draft would bring, before there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from integrations.admin.file_builder.step import Ground
from integrations.admin.file_builder.steps import STEPS, Step, step_of
from integrations.core.tracking_file.problem import Problem, errors_of, warnings_of
from integrations.services.tracking_files.assembly import assembled
from integrations.services.tracking_files.differences import of_draft
from integrations.services.tracking_files.resolve import resolve
from integrations.services.tracking_files.standing import standing_of


@dataclass(frozen=True, kw_only=True)
class Placed:
    """A problem with the step and the field where it is put right."""

    step: Step
    label: str
    sentence: str


def review_of(ground: Ground, problems: Sequence[Problem]) -> dict[str, Any]:
    """What the review says; the differences and the preview only of a draft that can be built."""
    file = ground.file
    standing, errors = standing_of(file), errors_of(problems)
    context: dict[str, Any] = {
        "standing": standing,
        "wrong": _placed(ground, errors),
        "doubtful": _placed(ground, warnings_of(problems)),
    }
    if errors:
        return context
    comparisons = [("the newest build", standing.newest)] if standing.newest else []
    if standing.live and standing.live != standing.newest:
        comparisons.insert(0, ("the live file", standing.live))
    return {
        **context,
        "comparisons": [(f"{words}, {one}", of_draft(file, one)) for words, one in comparisons],
        "preview": assembled(resolve(file)).content.decode(),
    }


def _placed(ground: Ground, problems: Sequence[Problem]) -> list[Placed]:
    forms = {step.member: step.form(ground) for step in STEPS if step.form}
    for form in forms.values():
        form.tell(problems)
    return [
        Placed(step=step, label=forms[step.member].label_of(one), sentence=one.sentence)
        for one in problems
        if (step := step_of(one))
    ]
