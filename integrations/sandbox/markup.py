"""HTML from plain calls: `el("p", "a < b")` is `<p>a &lt; b</p>`; what is not Markup is escaped."""

from collections.abc import Iterable
from html import escape

VOID = {"input", "link", "meta", "br", "img"}


class Markup(str):
    """HTML that may stand in a page as it is."""

    __slots__ = ()


Child = object  # text, Markup, a number, None, or any nesting of lists of them


def el(tag: str, *children: Child, **attributes: object) -> Markup:
    """One element. `class_` is class, `data_x` is data-x; True is a bare attribute, None and False none."""
    start = f"<{tag}{''.join(_attribute(name, value) for name, value in attributes.items())}>"
    return Markup(start if tag in VOID else f"{start}{join(children)}</{tag}>")


def join(children: Iterable[Child]) -> Markup:
    return Markup("".join(_rendered(child) for child in children))


def _rendered(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Markup):
        return child
    if isinstance(child, (list, tuple)):
        return join(child)
    return escape(str(child))


def _attribute(name: str, value: object) -> str:
    if value is None or value is False:
        return ""
    written = name.rstrip("_").replace("_", "-")
    return f" {written}" if value is True else f' {written}="{escape(str(value))}"'
