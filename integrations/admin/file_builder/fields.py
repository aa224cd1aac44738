"""Fields of the builder's forms: unfold's widgets, and choices that explain themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from unfold.widgets import (
    CHECKBOX_CLASSES,
    RADIO_CLASSES,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from integrations.admin.file_builder.layout import Cost
from integrations.admin.setting_fields import CodesField, PairsField


@dataclass(frozen=True, kw_only=True)
class Card:
    """One choice: what it is, in a line what it means, and why it can't be chosen where it can't."""

    value: str
    title: str
    about: str = ""
    notes: Sequence[str] = ()
    refusal: str = ""
    cost: str = ""


class _Cards:
    """A choice widget that draws each choice as a card."""

    template = "admin/integrations/trackingfile/cards.html"
    box = ""
    cards: Sequence[Card] = ()
    costs: Mapping[str, Cost] = {}  # by name, once the file was weighed

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        chosen = {str(one) for one in (value if isinstance(value, list | tuple) else [value])}
        context = {
            "name": name,
            "type": self.input_type,  # type: ignore[attr-defined]
            "box": self.box,
            "id": (attrs or {}).get("id", f"id_{name}"),
            "cards": [(card, card.value in chosen, self.costs.get(card.cost)) for card in self.cards],
        }
        return render_to_string(self.template, context)


class RadioCards(_Cards, forms.RadioSelect):
    box = " ".join(RADIO_CLASSES)


class CheckboxCards(_Cards, forms.CheckboxSelectMultiple):
    box = " ".join(CHECKBOX_CLASSES)


def one_of(cards: Iterable[Card], *, label: str, help_text: str = "") -> forms.ChoiceField:
    """One of these cards."""
    field = forms.ChoiceField(
        label=label, help_text=help_text, widget=RadioCards, error_messages={"required": "Choose one."}
    )
    offer(field, cards)
    return field


def some_of(cards: Iterable[Card], *, label: str, help_text: str = "") -> forms.MultipleChoiceField:
    """Any of these cards."""
    field = forms.MultipleChoiceField(label=label, help_text=help_text, required=False, widget=CheckboxCards)
    offer(field, cards)
    return field


def offer(field: Any, cards: Iterable[Card]) -> None:
    """Give a field of cards its choices."""
    cards = tuple(cards)
    field.choices = [(card.value, card.title) for card in cards if not card.refusal]
    field.widget.cards = cards


def text(label: str, help_text: str = "", *, placeholder: str = "") -> forms.CharField:
    widget = UnfoldAdminTextInputWidget(attrs={"placeholder": placeholder, "autocomplete": "off"})
    return forms.CharField(label=label, help_text=help_text, required=False, widget=widget)


def number(label: str, help_text: str = "", *, least: int = 0, usual: int = 0) -> forms.IntegerField:
    """A whole number that can't be left out."""
    return forms.IntegerField(
        label=label,
        help_text=help_text,
        widget=UnfoldAdminIntegerFieldWidget(attrs={"min": least}),
        error_messages={
            "required": f"Fill in a number; {usual} is usual.",
            "invalid": f"Write a whole number; {usual} is usual.",
        },
    )


def switch(label: str, help_text: str = "") -> forms.BooleanField:
    return forms.BooleanField(
        label=label, help_text=help_text, required=False, widget=UnfoldBooleanSwitchWidget
    )


def select(label: str, choices: Mapping[str, str], help_text: str = "") -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, help_text=help_text, choices=list(choices.items()), widget=UnfoldAdminSelectWidget
    )


def codes(label: str, help_text: str = "", *, placeholder: str = "") -> CodesField:
    """Names separated by commas."""
    widget = UnfoldAdminTextInputWidget(attrs={"placeholder": placeholder, "autocomplete": "off"})
    return CodesField(label=label, help_text=help_text, required=False, widget=widget)


def pairs(label: str, help_text: str = "", *, placeholder: str = "") -> PairsField:
    """`name: text`, one a line."""
    widget = UnfoldAdminTextareaWidget(attrs={"rows": 3, "placeholder": placeholder, "spellcheck": "false"})
    return PairsField(label=label, help_text=help_text, required=False, widget=widget)
