"""The editor of a destination's filter: rows of field, operator and value in one form field."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.forms.widgets import Script

from integrations.admin.row_editor import ROW_SCRIPT, SPARE, RowsFormField, RowsWidget
from integrations.core.filter import OPERATORS, Takes, problems_of, sentence

EFFECTS = {"allow": "Send only events", "deny": "Send all events, except those"}
MATCHES = {"all": "all of these hold", "any": "one of these holds"}
LABELS = {"": "choose", **{name: one.words for name, one in OPERATORS.items()}}


def rows_of(document: Mapping[str, Any] | None) -> list[dict[str, str]]:
    """A document's conditions as they are typed."""
    return [
        {
            "field": str(one.get("field", "")),
            "operator": str(one.get("operator", "")),
            "value": _typed(one.get("value")),
        }
        for one in (document or {}).get("conditions", [])
    ]


def document_of(effect: str, match: str, rows: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """The document that these rows mean; empty when nothing is typed."""
    conditions = [_condition(row) for row in rows if any(row.values())]
    return {"effect": effect, "match": match, "conditions": conditions} if conditions else {}


class FilterWidget(RowsWidget):
    """Two choices and rows. `problems` are sentences by row and part; `context` is what the page knows."""

    template_name = "admin/integrations/destination/filter.html"
    always_there = "effect"

    class Media:
        js = [
            ROW_SCRIPT,
            Script("integrations/filter.js", defer=True),
        ]
        css = {"all": ["integrations/filter.css"]}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> dict[str, Any] | None:
        """The document as it was typed; None when the form had no such rows."""
        if self.value_omitted_from_data(data, files, name):
            return None
        parts = [data.getlist(f"{name}-{part}") for part in ("field", "operator", "value")]
        rows = [
            {
                "field": field.strip(),
                "operator": asked if field.strip() or value.strip() else "",
                "value": value,
            }
            for field, asked, value in zip(*parts, strict=False)
        ]
        return document_of(data.get(f"{name}-effect", ""), data.get(f"{name}-match", ""), rows)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        document = value or {}
        rows = [{**row, "problems": self.problems.get(at, {})} for at, row in enumerate(rows_of(document))]
        blank = {"field": "", "operator": "equals", "value": "", "problems": {}}
        return {
            **super().get_context(name, value, attrs),
            "effect": document.get("effect", "allow"),
            "match": document.get("match", "all"),
            "effects": EFFECTS,
            "matches": MATCHES,
            "operators": LABELS,
            "takes": {one.name: one.takes.value for one in OPERATORS.values()},
            "rows": [*rows, *[blank] * SPARE],
            "sentence": "" if self.problems else sentence(document),
        }


class FilterFormField(RowsFormField):
    """A filter's document. What was typed and means the same as what is stored leaves that as it is."""

    widget = FilterWidget

    def to_python(self, value: Any) -> dict[str, Any]:
        return value or {}

    def has_changed(self, initial: Any, data: Any) -> bool:
        return data is not None and not means_the_same(initial, data)

    def mark(self, document: Mapping[str, Any], vendor: str) -> None:
        """Put each problem beside its row. Raises ValidationError when there is one."""
        general: list[str] = []
        problems: dict[int, dict[str, list[str]]] = {}
        for problem in problems_of(document, vendor):
            match problem.path:
                case ("conditions", int(at), str(part)):
                    problems.setdefault(at, {}).setdefault(part, []).append(problem.sentence)
                case _:
                    general.append(problem.sentence)
        self.widget.problems = problems  # a new one: copies of a field share what their widget holds
        if general or problems:
            raise ValidationError(general or "Some conditions can't be used: see beside them.")


def means_the_same(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    """Whether both documents would be typed alike: 10 and "10" are."""
    if not one or not other:
        return not one and not other
    choices = [(document.get("effect"), document.get("match", "all")) for document in (one, other)]
    return choices[0] == choices[1] and rows_of(one) == rows_of(other)


def _condition(row: Mapping[str, str]) -> dict[str, Any]:
    asked = OPERATORS.get(row["operator"])
    condition: dict[str, Any] = {"field": row["field"], "operator": row["operator"]}
    if asked is None or asked.takes is not Takes.NOTHING:
        condition["value"] = _meant(row["value"], asked.takes if asked else Takes.TEXT)
    return condition


def _meant(typed: str, takes: Takes) -> Any:
    if takes is Takes.LIST:
        found = next(csv.reader([typed.replace("\n", " ")], skipinitialspace=True), [])
        return [one.strip() for one in found if one.strip()]
    if takes is Takes.NUMBER:
        text = typed.strip()
        return int(text) if text.lstrip("-").isdecimal() and text.isascii() and len(text) < 16 else text
    return typed if takes is Takes.PATTERN else typed.strip()


def _typed(value: Any) -> str:
    if isinstance(value, list):
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow([_typed(one) for one in value])
        return line.getvalue().replace(",", ", ") if '"' not in line.getvalue() else line.getvalue()
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
