"""What a browser would send of a form, read from its page."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any


class Form(HTMLParser):
    """The inputs of the form with this id, as they stand, but for its buttons."""

    def __init__(self, page: str, form_id: str) -> None:
        super().__init__()
        self.form_id, self.is_inside = form_id, False
        self.values: dict[str, list[str]] = {}
        self.select = self.textarea = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if tag == "form":
            self.is_inside = named.get("id") == self.form_id
        if not self.is_inside:
            return
        if tag == "input":
            self._input(named)
        elif tag == "select":
            self.select = named.get("name") or ""
        elif tag == "option" and "selected" in named:
            self.values[self.select] = [named.get("value") or ""]
        elif tag == "textarea":
            self.textarea = named.get("name") or ""
            self.values[self.textarea] = [""]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.is_inside = False
        if tag == "textarea":
            self.textarea = ""

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.values[self.textarea][0] += data.removeprefix("\n").removeprefix("\r\n")

    def _input(self, named: dict[str, str | None]) -> None:
        name, value = named.get("name"), named.get("value")
        if not name or "disabled" in named:
            return
        if named.get("type") in ("radio", "checkbox"):
            if "checked" in named:
                self.values.setdefault(name, []).append("on" if value is None else value)
        else:
            self.values[name] = [value or ""]


def inputs(page: str, form_id: str = "step") -> dict[str, Any]:
    """The form's values by name."""
    return dict(Form(page, form_id).values)
