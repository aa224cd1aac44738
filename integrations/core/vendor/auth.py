"""How a request proves itself: by a header, Basic, a query parameter, an access token, or a signature."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integrations.core.mapping import Condition, Context, DefinitionError, Scope, condition
from integrations.core.mapping.errors import Path
from integrations.core.vendor.definition import Setting
from integrations.core.vendor.grants import Grant, grant_of
from integrations.core.vendor.headers import checked_header
from integrations.core.vendor.moment import Moment
from integrations.core.vendor.oauth2 import OAuth2, compile_oauth2, token_header
from integrations.core.vendor.plain_text import Text, compile_text
from integrations.core.vendor.signing import Checksum, OAuth1, compile_checksum, compile_oauth1

FORMS = ("header", "bearer", "basic", "query", "oauth2", "oauth1", "checksum")


@dataclass(frozen=True, kw_only=True, slots=True)
class Header:
    """A header of any name, with a scheme word or without."""

    name: Text
    scheme: str
    value: Text


@dataclass(frozen=True, kw_only=True, slots=True)
class Basic:
    """User and password, which may be empty."""

    user: Text
    password: Text


@dataclass(frozen=True, kw_only=True, slots=True)
class Parameter:
    """A query parameter."""

    name: Text
    value: Text


Way = Header | Basic | Parameter | OAuth2 | OAuth1 | Checksum


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One way to authenticate, used when its condition holds."""

    test: Condition | None
    way: Way


@dataclass(frozen=True, kw_only=True, slots=True)
class Credentials:
    """What one request carries. `signature` is made when the whole request stands."""

    headers: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    derived: tuple[str, ...] = ()  # secrets in the forms that they take here
    signature: OAuth1 | Checksum | None = None
    grant: str = ""  # the key of the grant whose access token is carried


NOTHING = Credentials()


def compile_auth(
    document: object, settings: Mapping[str, Setting], context: Context, path: Path
) -> tuple[Entry, ...]:
    """The declared ways, in order."""
    if document is None:
        return ()
    if isinstance(document, list):
        return tuple(_entry(one, settings, context, (*path, place)) for place, one in enumerate(document))
    return (_entry(document, settings, context, path),)


def credentials(
    entries: tuple[Entry, ...], scope: Scope, vendor: str, moment: Moment | None = None
) -> Credentials:
    """The credentials of the first way whose condition holds. Without a moment tokens are placeholders."""
    way = _way(entries, scope)
    return _credentials(way, scope, vendor, moment) if way is not None else NOTHING


def needed_grant(
    entries: tuple[Entry, ...], scope: Scope, vendor: str, secrets: tuple[str, ...]
) -> Grant | None:
    """The grant whose access token such a request carries, None when it needs none."""
    way = _way(entries, scope)
    return grant_of(way, scope, vendor, secrets) if isinstance(way, OAuth2) else None


def _way(entries: tuple[Entry, ...], scope: Scope) -> Way | None:
    fitting = (entry.way for entry in entries if entry.test is None or entry.test.test(scope))
    return next(fitting, None)


def _entry(document: Any, settings: Mapping[str, Setting], context: Context, path: Path) -> Entry:
    forms = [form for form in FORMS if form in document]
    if len(forms) != 1:
        raise DefinitionError(path, f"one of {', '.join(FORMS)} is needed")
    when = document.get("when")
    return Entry(
        test=condition(when, context, (*path, "when")) if when else None,
        way=_compiled_way(forms[0], document, settings, context, path),
    )


def _compiled_way(
    form: str, document: Any, settings: Mapping[str, Setting], context: Context, path: Path
) -> Way:
    def text(*keys: str) -> Text:
        value = document
        for key in keys:
            value = value[key]
        return compile_text(value, context, (*path, *keys))

    place = (*path, form)
    match form:
        case "oauth2":
            return compile_oauth2(document[form], settings, context, place)
        case "oauth1":
            return compile_oauth1(document[form], context, place)
        case "checksum":
            return compile_checksum(document[form], context, place)
        case "basic":
            return Basic(user=text("basic", "user"), password=text("basic", "password"))
        case "bearer":
            name = compile_text("Authorization", context, path)
            return Header(name=name, scheme=document.get("scheme", "Bearer"), value=text("bearer"))
    if "value" not in document:
        raise DefinitionError(path, "`value` is missing")
    if form == "query":
        return Parameter(name=text("query"), value=text("value"))
    return Header(name=text("header"), scheme=document.get("scheme", ""), value=text("value"))


def _credentials(way: Way, scope: Scope, vendor: str, moment: Moment | None) -> Credentials:
    match way:
        case OAuth1() | Checksum():
            return Credentials(signature=way)
        case OAuth2():
            return _with_token(way, scope, vendor, moment)
        case Basic():
            user, password = (
                way.user.value(scope, vendor),
                way.password.value(scope, vendor, allow_empty=True),
            )
            encoded = base64.b64encode(f"{user}:{password}".encode()).decode()
            return Credentials(headers=(("Authorization", f"Basic {encoded}"),), derived=(encoded,))
        case Parameter():
            value = way.value.value(scope, vendor)
            return Credentials(query=((way.name.value(scope, vendor), value),), derived=(value,))
        case Header():
            value = way.value.value(scope, vendor)
            whole = f"{way.scheme} {value}" if way.scheme else value
            header = checked_header(way.name.value(scope, vendor), whole, vendor)
            return Credentials(headers=(header,), derived=(value,))


def _with_token(way: OAuth2, scope: Scope, vendor: str, moment: Moment | None) -> Credentials:
    if moment is None:
        return Credentials(headers=(token_header(way, None, vendor),))
    key = grant_of(way, scope, vendor).key
    token = moment.tokens[key]
    return Credentials(headers=(token_header(way, token, vendor),), derived=(token,), grant=key)
