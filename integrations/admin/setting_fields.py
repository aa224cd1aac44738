"""Form fields made from the settings that a vendor declares."""

from __future__ import annotations

from typing import Any

from django import forms
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminPasswordWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from integrations.core.vendor import Setting

PREFIX = "setting_"
CLEAR = "clear_"


class LinesField(forms.CharField):
    """A list of texts, one a line."""

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]


class CodesField(forms.CharField):
    """A list of codes, written with commas."""

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return [code.strip() for code in (super().to_python(value) or "").split(",") if code.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(data) != (initial or []))


class PairsField(forms.CharField):
    """Names and texts, `name: text` a line."""

    def prepare_value(self, value: Any) -> Any:
        return (
            "\n".join(f"{name}: {text}" for name, text in value.items()) if isinstance(value, dict) else value
        )

    def to_python(self, value: Any) -> Any:
        lines = [line for line in (super().to_python(value) or "").splitlines() if line.strip()]
        pairs = [self.split(line) for line in lines]
        if not all(colon and name.strip() for name, colon, _ in pairs):
            raise forms.ValidationError("Write one `name: text` a line.")
        found: dict[str, str] = {}
        for name, _, text in pairs:
            if name.strip() in found:
                raise forms.ValidationError(f"Two lines name {name.strip()}. Keep one.")
            found[name.strip()] = text.strip()
        return found

    def split(self, line: str) -> tuple[str, str, str]:
        """Name, colon, text."""
        return line.partition(":")


class MapField(PairsField):
    """Events and what the vendor calls them; an event's name may have a colon itself."""

    def split(self, line: str) -> tuple[str, str, str]:
        return line.rpartition(": ") if ": " in line else line.partition(":")


KINDS: dict[str, tuple[type[forms.Field], Any]] = {
    "number": (forms.FloatField, UnfoldAdminDecimalFieldWidget),
    "integer": (forms.IntegerField, UnfoldAdminIntegerFieldWidget),
    "boolean": (forms.BooleanField, UnfoldBooleanSwitchWidget),
    "list": (LinesField, UnfoldAdminTextareaWidget),
    "object": (PairsField, UnfoldAdminTextareaWidget),
    "map": (MapField, UnfoldAdminTextareaWidget),
}


def setting_field(setting: Setting, *, is_set: bool) -> forms.Field:
    """The field of one setting; a secret's shows only whether it is set, and empty keeps it."""
    required = setting.required and setting.default is None and not (setting.secret and is_set)
    options: dict[str, Any] = {
        "label": setting.label,
        "help_text": _help(setting, is_set),
        "required": required and setting.type != "boolean",
        "initial": setting.default,
        "error_messages": {"required": f"{setting.label} is needed. Fill it in."},
    }
    if setting.type == "choice":
        choices = [(choice.value, choice.label) for choice in setting.choices]
        blank = [] if setting.required else [("", "Not set")]
        return forms.ChoiceField(choices=blank + choices, widget=UnfoldAdminSelectWidget, **options)
    kind, widget = KINDS.get(setting.type, (forms.CharField, UnfoldAdminTextInputWidget))
    if setting.secret and setting.type not in KINDS:
        placeholder = "•••• is set" if is_set else "Not set"
        attributes = {"autocomplete": "new-password", "placeholder": placeholder}
        return kind(widget=UnfoldAdminPasswordWidget(attrs=attributes, render_value=False), **options)
    return kind(
        widget=widget(attrs={"rows": 3}) if kind in (LinesField, PairsField, MapField) else widget, **options
    )


def can_be_cleared(setting: Setting, *, is_set: bool) -> bool:
    """A stored secret that the vendor can do without."""
    return setting.secret and is_set and (not setting.required or setting.default is not None)


def clear_field(setting: Setting) -> forms.Field:
    """Takes a stored secret away: an empty field keeps it."""
    return forms.BooleanField(
        label=f"Clear {setting.label}", required=False, widget=UnfoldBooleanSwitchWidget
    )


def _help(setting: Setting, is_set: bool) -> str:
    hints = {
        "list": "One a line.",
        "object": "One a line, as name: text.",
        "map": "One event a line, as Order Completed: 123; page and screen stand for page views and screens.",
    }
    secret = (
        "•••• is set; leave it empty to keep it." if is_set else "It is stored encrypted and not shown again."
    )
    parts = [setting.help, hints.get(setting.type, ""), secret if setting.secret else ""]
    return " ".join(part for part in parts if part)
