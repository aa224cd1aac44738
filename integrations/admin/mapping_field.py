"""The editor of a destination's mapping changes: rows of field, events and what it gets in one form field."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.forms.widgets import Script

from integrations.admin.row_editor import ROW_SCRIPT, SPARE, RowsFormField, RowsWidget
from integrations.core.vendor import Vendor
from integrations.core.vendor.changes import problems_of, sentence

PARTS = ("sent", "field", "rules", "gets", "value")
SENT = {"": "Field of the vendor's file", "new": "New field"}
GETS = {
    "reads": "reads",
    "text": "is the text",
    "template": "is the text with fields",
    "made": "is made by the expression",
    "out": "is left out",
}
BLANK = {"sent": "", "field": "", "rules": "[]", "gets": "reads", "value": ""}
NO_JSON = 'This is no JSON. Write an expression as in vendor files, such as {"from": "email"}.'
Row = Mapping[str, str]


class Unread(str):
    """An expression that was typed and is no JSON."""


def rows_of(documents: Any) -> list[dict[str, str]]:
    """Changes as they are typed."""
    return [_row(one) for one in documents or ()]


def documents_of(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """The changes that these rows mean."""
    return [_change(row) for row in rows if row["field"] or row["value"]]


class MappingWidget(RowsWidget):
    """Rows. `problems` are sentences by row; `context` is what the page knows of vendor and events."""

    template_name = "admin/integrations/destination/mapping.html"
    always_there = "typed"

    class Media:
        js = [
            ROW_SCRIPT,
            Script("integrations/mapping.js", defer=True),
        ]
        css = {"all": [f"integrations/{name}.css" for name in ("questionnaire", "filter", "mapping")]}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[dict[str, Any]] | None:
        """The changes as they were typed; None when the form had no such rows."""
        if self.value_omitted_from_data(data, files, name):
            return None
        columns = [data.getlist(f"{name}-{part}") for part in PARTS]
        rows = [dict(zip(PARTS, map(str.strip, row), strict=True)) for row in zip(*columns, strict=False)]
        return documents_of(rows)

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        rules = self.context.get("rules", {})
        rows = [
            {**row, "problems": self.problems.get(at, []), "choices": _choices(rules, row["rules"])}
            for at, row in enumerate([*rows_of(value), *[BLANK] * SPARE])
        ]
        return {
            **super().get_context(name, value, attrs),
            "sent": SENT,
            "gets": GETS,
            "rows": rows,
            "told": "" if self.problems else sentence(value),
        }


class MappingFormField(RowsFormField):
    """Changes. What was typed and means the same as what is stored leaves that as it is."""

    widget = MappingWidget

    def to_python(self, value: Any) -> list[dict[str, Any]]:
        return value or []

    def has_changed(self, initial: Any, data: Any) -> bool:
        return data is not None and rows_of(initial) != rows_of(data)

    def mark(self, documents: Sequence[Mapping[str, Any]], vendor: Vendor) -> None:
        """Put each problem beside its row. Raises ValidationError when there is one."""
        problems = {at: [NO_JSON] for at, one in enumerate(documents) if isinstance(one.get("value"), Unread)}
        general: list[str] = []
        for problem in problems_of(documents, vendor) if not problems else ():
            if problem.path:
                problems.setdefault(int(problem.path[0]), []).append(problem.sentence)
            else:
                general.append(problem.sentence)
        self.widget.problems = problems  # a new one: copies of a field share what their widget holds
        if general or problems:
            raise ValidationError(general or "Some changes can't be used: see beside them.")


def _row(change: Mapping[str, Any]) -> dict[str, str]:
    gets, value = _typed(change)
    return {
        "sent": "new" if change.get("new") else "",
        "field": str(change.get("field", "")),
        "rules": json.dumps(change.get("rules") or []),
        "gets": gets,
        "value": value,
    }


def _typed(change: Mapping[str, Any]) -> tuple[str, str]:
    value = change.get("value")
    if change.get("leave_out"):
        return "out", ""
    if isinstance(value, Unread):
        return "made", value
    if isinstance(value, str):
        return ("reads" if value.startswith(("$", ".")) else "text"), value
    if isinstance(value, Mapping) and len(value) == 1:
        ((word, inner),) = value.items()
        kind = {"from": "reads", "constant": "text", "template": "template"}.get(word)
        if kind is not None and isinstance(inner, str):
            return kind, inner
    return "made", json.dumps(value, ensure_ascii=False)


def _change(row: Row) -> dict[str, Any]:
    change: dict[str, Any] = {"field": row["field"]}
    if rules := _read(row["rules"]):
        change["rules"] = rules
    if row["sent"] == "new":
        change["new"] = True
    if row["gets"] == "out":
        return {**change, "leave_out": True}
    return {**change, "value": _meant(row["gets"], row["value"])}


def _meant(gets: str, typed: str) -> Any:
    if not typed:
        return None
    is_path = typed.startswith(("$", "."))
    match gets:
        case "text":
            return {"constant": typed} if is_path else typed
        case "template":
            return {"template": typed}
        case "made":
            found = _read(typed)
            return Unread(typed) if found is None else found
    return typed if is_path else {"from": typed}


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _choices(rules: Mapping[str, Any], chosen: str) -> list[tuple[str, str, bool]]:
    """Every event, each rule, and the several that a change of the API may name."""
    named = {"[]": "in every event that has it", **{json.dumps([rule]): f"in {rule}" for rule in rules}}
    if chosen not in named:
        names = _read(chosen)
        named[chosen] = f"in {', '.join(map(str, names))}" if isinstance(names, list) else chosen
    return [(value, words, value == chosen) for value, words in named.items()]
