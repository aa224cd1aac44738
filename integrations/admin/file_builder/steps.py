"""The four steps in their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from integrations.admin.file_builder.consent_step import ConsentForm
from integrations.admin.file_builder.settings_step import SettingsForm
from integrations.admin.file_builder.syncs_step import SyncsForm
from integrations.core.tracking_file.problem import Problem


@dataclass(frozen=True, kw_only=True)
class Step:
    """One page of the builder, about one member of the draft; the last one is about all of it."""

    name: str
    title: str
    about: str
    member: str = ""
    form: Callable[..., Any] | None = None

    @property
    def number(self) -> int:
        return STEPS.index(self) + 1

    @property
    def before(self) -> Step | None:
        return STEPS[self.number - 2] if self.number > 1 else None

    @property
    def after(self) -> Step | None:
        return STEPS[self.number] if self.number < len(STEPS) else None


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A step as the progress line shows it."""

    step: Step
    is_current: bool
    errors: int
    warnings: int


STEPS = (
    Step(
        name="settings",
        title="Location and settings",
        about="What the file does, where browsers load it, and where it sends to.",
        member="settings",
        form=SettingsForm,
    ),
    Step(
        name="consent",
        title="Consent",
        about="Where the file learns what a visitor granted, and what it does until then.",
        member="consent",
        form=ConsentForm,
    ),
    Step(
        name="syncs",
        title="Identity syncs",
        about="Which identifiers the browser obtains for your vendors.",
        member="syncs",
        form=SyncsForm,
    ),
    Step(
        name="review",
        title="Review",
        about="What a build of this draft would change.",
    ),
)


def named(name: str) -> Step | None:
    """The step of this name."""
    return next((step for step in STEPS if step.name == name), None)


def progress(current: Step, problems: Sequence[Problem]) -> list[Mark]:
    """Every step with how much of it is wrong."""
    return [
        Mark(
            step=step,
            is_current=step is current,
            errors=sum(not one.is_warning for one in problems if _is_of(one, step)),
            warnings=sum(one.is_warning for one in problems if _is_of(one, step)),
        )
        for step in STEPS
    ]


def step_of(problem: Problem) -> Step:
    """Where a problem is put right."""
    return next((step for step in STEPS if _is_of(problem, step)), STEPS[0])


def _is_of(problem: Problem, step: Step) -> bool:
    """What is about nothing in the draft, such as a missing write key, is told in the first step."""
    return bool(step.member) and (problem.path[:1] or (STEPS[0].member,)) == (step.member,)
