"""What a step's page is made of: groups of rows, each row a field with what is to be said beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms

Sentences = Mapping[str, Sequence[str]]  # by field


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A value that a button fills in."""

    value: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a choice adds to the file, by its name in `services.tracking_files.costs`, in words."""

    name: str
    words: str


@dataclass(frozen=True, kw_only=True)
class Row:
    """One field. `when` names the field and the values with which it is shown, `cost` what it adds."""

    field: Any
    errors: Sequence[str] = ()
    warnings: Sequence[str] = ()
    cost: Cost | None = None
    when: str = ""
    is_hidden: bool = False
    is_switch: bool = False
    is_wide: bool = False
    offer: Offer | None = None


@dataclass(frozen=True, kw_only=True)
class Group:
    """Rows under one heading; an optional group is folded until something in it is unusual or wrong."""

    title: str
    about: str = ""
    rows: Sequence[Row] = ()
    is_optional: bool = False
    is_open: bool = True
    when: str = ""
    is_hidden: bool = False


@dataclass(frozen=True, kw_only=True)
class Plan:
    """How a form declares a group: its fields by name."""

    title: str
    fields: Sequence[str]
    about: str = ""
    is_optional: bool = False
    when: str = ""


@dataclass(frozen=True, kw_only=True)
class Looks:
    """What a form declares of single fields: when they are shown, what they add, what can be filled in."""

    when: Mapping[str, str] = field(default_factory=dict)
    costs: Mapping[str, Cost] = field(default_factory=dict)
    offers: Mapping[str, Offer] = field(default_factory=dict)


def groups_of(
    form: forms.Form, plans: Sequence[Plan], looks: Looks, errors: Sentences, warnings: Sentences
) -> list[Group]:
    """The form's page."""
    return [_group(form, plan, looks, errors, warnings) for plan in plans]


def is_shown(form: forms.Form, when: str) -> bool:
    """Whether every `field=value|value` holds for what the form shows; without values, whether it is on."""
    return all(_holds(form, one) for one in when.split("&") if one)


def _holds(form: forms.Form, when: str) -> bool:
    name, _, values = when.partition("=")
    found = form[name].value()
    if not values:
        return bool(found) and found not in ("False", "false", "0")
    return bool(
        {str(one) for one in (found if isinstance(found, list) else [found])} & set(values.split("|"))
    )


def _group(form: forms.Form, plan: Plan, looks: Looks, errors: Sentences, warnings: Sentences) -> Group:
    is_alone = len(plan.fields) == 1
    rows = [_row(form, name, looks, errors, warnings, is_alone) for name in plan.fields]
    return Group(
        title=plan.title,
        about=plan.about,
        rows=rows,
        is_optional=plan.is_optional,
        is_open=not plan.is_optional or any(row.errors or row.warnings for row in rows),
        when=_named(form, plan.when),
        is_hidden=not is_shown(form, plan.when),
    )


def _row(
    form: forms.Form, name: str, looks: Looks, errors: Sentences, warnings: Sentences, is_alone: bool
) -> Row:
    bound, when = form[name], looks.when.get(name, "")
    return Row(
        field=bound,
        errors=[*bound.errors, *errors.get(name, ())],
        warnings=list(warnings.get(name, ())),
        cost=looks.costs.get(name),
        when=_named(form, when),
        is_hidden=not is_shown(form, when),
        is_switch=isinstance(bound.field.widget, forms.CheckboxInput),
        is_wide=is_alone
        or isinstance(bound.field.widget, forms.RadioSelect | forms.CheckboxSelectMultiple | forms.Textarea),
        offer=_offer(bound, looks.offers.get(name)),
    )


def _offer(bound: Any, offer: Offer | None) -> Offer | None:
    """Nothing is offered that stands there already."""
    stands = bound.field.prepare_value(bound.value()) or ""
    return offer if offer and offer.value and offer.value != stands else None


def _named(form: forms.Form, when: str) -> str:
    """The condition with the name that the field has in the page."""
    return "&".join(form.add_prefix(one) for one in when.split("&") if one)
