"""What the four steps share: the file that they are about, and how a form becomes a member of the draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from django import forms
from django.utils.functional import cached_property

from accounts.models import Organization
from integrations.admin.file_builder.fields import Card
from integrations.admin.file_builder.layout import Cost, Group, Looks, Plan, groups_of
from integrations.core.tracking_file.problem import Problem
from integrations.models import ConsentCategory, Pipeline, TrackingFile


@dataclass(frozen=True)
class Ground:
    """The file of a page, its complete draft and what that refers to."""

    file: TrackingFile
    draft: Mapping[str, Any]

    @property
    def pipeline(self) -> Pipeline:
        return self.file.pipeline

    @property
    def organization(self) -> Organization:
        return self.pipeline.organization

    @cached_property
    def categories(self) -> Sequence[ConsentCategory]:
        return tuple(ConsentCategory.objects.filter(organization_id=self.pipeline.organization_id))

    def category_cards(self) -> list[Card]:
        """The organization's categories, without what stands for them."""
        return [Card(value=one.code, title=one.name, about=f"Code {one.code}") for one in self.categories]


class StepForm(forms.Form):
    """A form over one member of the draft. It keeps what has the right shape; what is wrong is told later."""

    member: ClassVar[str]
    plans: ClassVar[Sequence[Plan]]
    looks: ClassVar[Looks] = Looks()

    def __init__(self, ground: Ground, data: Any = None) -> None:
        self.ground = ground
        super().__init__(data, initial=self.read(ground.draft[self.member]))
        self.problems: Sequence[Problem] = ()
        self.prepare()

    def prepare(self) -> None:
        """Give fields what only this file knows."""

    def read(self, member: Mapping[str, Any]) -> dict[str, Any]:
        """The fields' values of the draft's member."""
        return dict(member)

    def write(self, values: dict[str, Any]) -> dict[str, Any]:
        """The draft's member of the fields' values; those that could not be read are not among them."""
        return values

    def section(self) -> dict[str, Any]:
        """What is to be kept of what was typed."""
        self.is_valid()
        return self.write(dict(self.cleaned_data))

    def price(self, costs: Mapping[str, Cost]) -> None:
        """Show these beside fields and choices."""
        own = {name: costs[key] for name in self.fields if (key := f"{self.member}.{name}") in costs}
        self.looks = replace(self.looks, costs=own)
        for field in self.fields.values():
            field.widget.costs = costs

    def tell(self, problems: Sequence[Problem]) -> None:
        """Show these beside the fields."""
        self.problems = [one for one in problems if one.path[:1] == (self.member,)]

    def field_at(self, path: Sequence[str]) -> str | None:
        """The field that a place in the member is about."""
        return path[0] if path and path[0] in self.fields else None

    def label_of(self, problem: Problem) -> str:
        """The field that a problem is about, as its page calls it."""
        name = self.field_at(problem.path[1:])
        return str(self.fields[name].label) if name else ""

    @property
    def has_errors(self) -> bool:
        return bool(self.errors) or any(not one.is_warning for one in self.problems)

    def groups(self) -> list[Group]:
        errors, warnings = self._sentences(False), self._sentences(True)
        return groups_of(self, self.plans, self.looks, errors, warnings)

    def homeless(self) -> list[Problem]:
        """What is about no field that is shown."""
        return [one for one in self.problems if self.field_at(one.path[1:]) is None]

    def _sentences(self, are_warnings: bool) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for one in self.problems:
            name = self.field_at(one.path[1:])
            if name and one.is_warning is are_warnings and one.sentence not in self.errors.get(name, ()):
                found.setdefault(name, []).append(one.sentence)
        return found
