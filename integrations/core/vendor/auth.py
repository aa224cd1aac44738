"""How a request proves itself: a header with any scheme word, Bearer, Basic, or a query parameter."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integrations.core.mapping import (
    Condition,
    Context,
    DefinitionError,
    Expression,
    Rejection,
    Scope,
    compile_expression,
    condition,
    is_empty,
)
from integrations.core.mapping.errors import Path
from integrations.core.operations.values import BadValue, to_text
from integrations.core.vendor.headers import checked_header

FORMS = ("header", "bearer", "basic", "query")


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One way to authenticate, used when its condition holds."""

    form: str
    test: Condition | None
    name: Expression
    values: tuple[Expression, ...]
    scheme: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """What one request carries."""

    headers: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    derived: tuple[str, ...] = ()  # secrets in the forms that they take here


NOTHING = Credentials()


def compile_auth(document: object, context: Context, path: Path) -> tuple[Entry, ...]:
    """The declared ways, in order."""
    if document is None:
        return ()
    if isinstance(document, list):
        return tuple(_entry(entry, context, (*path, index)) for index, entry in enumerate(document))
    return (_entry(document, context, path),)


def credentials(entries: tuple[Entry, ...], scope: Scope, vendor: str) -> Credentials:
    """The credentials of the first way whose condition holds."""
    for entry in entries:
        if entry.test is None or entry.test.test(scope):
            return _credentials(entry, scope, vendor)
    return NOTHING


def _entry(document: Any, context: Context, path: Path) -> Entry:
    forms = [form for form in FORMS if form in document]
    if len(forms) != 1:
        raise DefinitionError(path, f"one of {', '.join(FORMS)} is needed")
    form = forms[0]
    when = document.get("when")
    name, values = _parts(form, document, context, path)
    return Entry(
        form=form,
        test=condition(when, context, (*path, "when")) if when else None,
        name=name,
        values=values,
        scheme=document.get("scheme", "Bearer" if form == "bearer" else ""),
    )


def _parts(
    form: str, document: Mapping[str, Any], context: Context, path: Path
) -> tuple[Expression, tuple[Expression, ...]]:
    header = compile_expression("Authorization", context, path)
    if form == "basic":
        pair = document["basic"]
        return header, tuple(
            compile_expression(pair[key], context, (*path, "basic", key)) for key in ("user", "password")
        )
    if form == "bearer":
        return header, (compile_expression(document["bearer"], context, (*path, "bearer")),)
    if "value" not in document:
        raise DefinitionError(path, "`value` is missing")
    name = compile_expression(document[form], context, (*path, form))
    return name, (compile_expression(document["value"], context, (*path, "value")),)


def _credentials(entry: Entry, scope: Scope, vendor: str) -> Credentials:
    texts = [
        _text(value, scope, vendor, allow_empty=entry.form == "basic" and index == 1)
        for index, value in enumerate(entry.values)
    ]
    name = _text(entry.name, scope, vendor)
    if entry.form == "query":
        return Credentials(query=((name, texts[0]),), derived=(texts[0],))
    if entry.form == "basic":
        encoded = base64.b64encode(f"{texts[0]}:{texts[1]}".encode()).decode()
        return Credentials(headers=((name, f"Basic {encoded}"),), derived=(encoded,))
    value = f"{entry.scheme} {texts[0]}" if entry.scheme else texts[0]
    return Credentials(headers=(checked_header(name, value, vendor),), derived=(texts[0],))


def _text(expression: Expression, scope: Scope, vendor: str, *, allow_empty: bool = False) -> str:
    value = expression.run(scope)
    if is_empty(value):
        if allow_empty:
            return ""
        places = " and ".join(expression.looks_in) or "its credentials"
        raise Rejection(f"{vendor} needs {places} to authenticate. Fill it in.")
    try:
        text = to_text(value)
        text.encode()
    except (BadValue, UnicodeEncodeError):
        raise Rejection(
            f"{vendor} can't use {' and '.join(expression.looks_in)}: it is no plain text."
        ) from None
    return text
