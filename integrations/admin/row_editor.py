"""What the editors of filters and of mapping changes have in common: rows in one form field."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.forms.widgets import Script
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from unfold.widgets import BASE_INPUT_CLASSES, SELECT_CLASSES

SPARE = 2  # blank rows, for who has no script
ROW_SCRIPT = Script("integrations/row_editor.js", defer=True)


class RowsWidget(forms.Widget):
    """Rows. `problems` are sentences by row; `context` is what the page knows.

    `always_there` is a part of the form that stands in it however many rows there are.
    """

    always_there: ClassVar[str]

    def __init__(self, attrs: Any = None) -> None:
        super().__init__(attrs)
        self.problems: dict[int, Any] = {}
        self.context: dict[str, Any] = {}

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return f"{name}-{self.always_there}" not in data or not hasattr(data, "getlist")

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        return render_to_string(self.template_name, self.get_context(name, value, attrs))

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return {
            **super().get_context(name, value, attrs),
            **self.context,
            "input": " ".join(BASE_INPUT_CLASSES),
            "select": " ".join(one for one in SELECT_CLASSES if not one.startswith("max-w")),
        }


class RowsFormField(forms.Field):
    """A form without the rows leaves what is stored as it is."""

    def bound_data(self, data: Any, initial: Any) -> Any:
        return initial if data is None else data
