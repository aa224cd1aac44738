"""Query strings and form bodies: ordered parameters, list styles, forbidden characters, lengths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from integrations.core.mapping import (
    Context,
    DefinitionError,
    Expression,
    Rejection,
    Scope,
    compile_expression,
    is_empty,
)
from integrations.core.mapping.errors import Path
from integrations.core.operations import BadValue
from integrations.core.operations.text import json
from integrations.core.operations.values import to_text
from integrations.core.vendor.urls import percent_encoded

STYLES = ("comma", "pipe", "indexed", "repeated")
SEPARATORS = {"comma": ",", "pipe": "|"}
ACTIONS = ("encode", "replace", "reject")


@dataclass(frozen=True, kw_only=True, slots=True)
class Forbidden:
    """Characters that the vendor does not take inside a value, and what to do about them."""

    characters: str
    action: Expression
    replacement: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Limits:
    """What a request may weigh. Requests over a limit are rejected before sending, never cut."""

    url_length: int | None = None
    parameter_length: int | None = None
    body_bytes: int | None = None
    element_bytes: int | None = None  # of one event within a batch
    list_style: Expression
    forbidden: Forbidden | None = None


def compile_limits(document: Mapping[str, Any], context: Context, path: Path, *, is_get: bool) -> Limits:
    """Limits as declared; a GET has 2,000 characters unless the vendor says otherwise."""
    style, forbidden = document.get("list_style", "comma"), document.get("forbidden")
    _known(style, STYLES, (*path, "list_style"))
    return Limits(
        url_length=document.get("url_length", 2_000 if is_get else None),
        parameter_length=document.get("parameter_length"),
        body_bytes=document.get("body_bytes"),
        element_bytes=document.get("element_bytes"),
        list_style=compile_expression(style, context, (*path, "list_style")),
        forbidden=_forbidden(forbidden, context, (*path, "forbidden")) if forbidden else None,
    )


def encode(values: Mapping[str, object], limits: Limits, scope: Scope, vendor: str) -> str:
    """`a=1&b=x%20y` in the mapping's order."""
    found = [pair for name, value in values.items() for pair in pairs(name, value, limits, scope, vendor)]
    return "&".join(_encoded(name, text, limits, vendor) for name, text in found)


def encode_path(values: Mapping[str, object], limits: Limits, scope: Scope, vendor: str) -> str:
    """`/a:1/b:x%20y/[c:1/d:2][c:3/d:4]`: parameters as segments of the path, a list's objects in brackets."""
    segments = [_segment(name, value, limits, scope, vendor) for name, value in values.items()]
    return "".join(f"/{segment}" for segment in segments if segment)


def _segment(name: str, value: object, limits: Limits, scope: Scope, vendor: str) -> str:
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        groups = (_colons(item, limits, scope, vendor) for item in value)
        return "".join(f"[{group}]" for group in groups)
    return _colons({name: value}, limits, scope, vendor)


def _colons(values: Mapping[str, object], limits: Limits, scope: Scope, vendor: str) -> str:
    found = [pair for name, value in values.items() for pair in pairs(name, value, limits, scope, vendor)]
    return "/".join(_encoded(name, text, limits, vendor).replace("=", ":", 1) for name, text in found)


def _forbidden(document: Mapping[str, Any], context: Context, path: Path) -> Forbidden:
    _known(document["action"], ACTIONS, (*path, "action"))
    return Forbidden(
        characters=document["characters"],
        action=compile_expression(document["action"], context, (*path, "action")),
        replacement=document.get("replacement", ""),
    )


def _known(value: object, known: tuple[str, ...], path: Path) -> None:
    if isinstance(value, str) and not value.startswith("$") and value not in known:
        raise DefinitionError(path, f"`{value}` is not known; known are {', '.join(known)}")


def _encoded(name: str, text: str, limits: Limits, vendor: str) -> str:
    encoded = percent_encoded(text)
    if limits.parameter_length is not None and len(encoded) > limits.parameter_length:
        found = f"its value takes {len(encoded)} characters and at most {limits.parameter_length} are allowed"
        raise Rejection(f"{vendor} can't take the parameter `{name}`: {found}. Send a shorter value.")
    return f"{percent_encoded(name)}={encoded}"


def pairs(name: str, value: object, limits: Limits, scope: Scope, vendor: str) -> Iterator[tuple[str, str]]:
    """The parameters that one field becomes, before they are encoded: several for a list of some styles."""
    if is_empty(value):
        return
    if not isinstance(value, list):
        yield name, _allowed(name, _text(name, value, vendor), limits, scope, vendor)
        return
    style = limits.list_style.run(scope)
    if style in SEPARATORS:
        texts = ["" if is_empty(item) else _text(name, item, vendor) for item in value]
        yield name, _joined(name, texts, SEPARATORS[str(style)], limits, scope, vendor)
        return
    texts = [_text(name, item, vendor) for item in value if not is_empty(item)]
    for position, text in enumerate(texts, start=1):
        allowed = _allowed(name, text, limits, scope, vendor)
        yield (f"{name}{position}" if style == "indexed" else name), allowed


def _joined(name: str, texts: list[str], separator: str, limits: Limits, scope: Scope, vendor: str) -> str:
    """A delimited list. A separator inside an item is treated as a forbidden character."""
    action, replacement = _policy(limits, scope)
    characters = separator + (limits.forbidden.characters if limits.forbidden else "")
    cleaned = (_clean(name, text, characters, action, replacement, vendor) for text in texts)
    return separator.join(cleaned)


def _allowed(name: str, text: str, limits: Limits, scope: Scope, vendor: str) -> str:
    if limits.forbidden is None:
        return text
    action, replacement = _policy(limits, scope)
    return _clean(name, text, limits.forbidden.characters, action, replacement, vendor)


def _policy(limits: Limits, scope: Scope) -> tuple[str, str]:
    if limits.forbidden is None:
        return "encode", ""
    return str(limits.forbidden.action.run(scope)), limits.forbidden.replacement


def _clean(name: str, text: str, characters: str, action: str, replacement: str, vendor: str) -> str:
    """`encode` writes the character as %XX inside the value, so that it survives one decoding."""
    found = [character for character in characters if character in text]
    if not found:
        return text
    if action == "reject":
        raise Rejection(
            f"{vendor} can't take `{found[0]}` in the parameter `{name}`. Send the value without it."
        )
    if action == "encode" and "%" not in found:
        found = ["%", *found]  # so that the receiver can tell an encoded character from a literal one
    for character in found:
        text = text.replace(character, percent_encoded(character) if action == "encode" else replacement)
    return text


def _text(name: str, value: object, vendor: str) -> str:
    try:
        return str(json(value, None)) if isinstance(value, (dict, list)) else to_text(value)
    except BadValue as bad:
        raise Rejection(f"{vendor} can't take the parameter `{name}`: {bad}.") from None
