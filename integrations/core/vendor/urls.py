"""URLs of vendors: templates with encoded parts, checked settings, and the swap to the sandbox."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

from integrations.core.mapping import (
    Context,
    DefinitionError,
    Expression,
    Rejection,
    Scope,
    compile_expression,
    condition,
)
from integrations.core.mapping.errors import Path
from integrations.core.mapping.templates import compile_template
from integrations.core.vendor.definition import Setting

LITERAL = re.compile(r"https://[A-Za-z0-9.-]+(?::\d{1,5})?(?=[/?]|\Z)")
FROM_SETTING = re.compile(r"\{\$settings\.([a-z][a-z0-9_]*)\}(?=[/?]|\Z)")
LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)\Z")
NUMERIC_LABEL = re.compile(r"(?:\d+|0[xX][0-9A-Fa-f]*)\Z")
LONGEST_URL = 2_000


def compile_url(
    document: str | Sequence[Mapping[str, Any]], settings: dict[str, Setting], context: Context, path: Path
) -> Expression:
    """The URL, or the first of several whose `when` holds (a region's host, the address of test mode)."""
    if isinstance(document, str):
        return _one(document, settings, context, path)
    choices = [
        (
            condition(entry["when"], context, (*path, index, "when")) if "when" in entry else None,
            _one(entry["url"], settings, context, (*path, index, "url")),
        )
        for index, entry in enumerate(document)
    ]
    members = [part for choice in choices for part in choice if part is not None]

    def run(scope: Scope) -> object:
        chosen = (url for when, url in choices if when is None or when.test(scope))
        url = next(chosen, None)
        return url.run(scope) if url else None

    return Expression(
        run=run,
        looks_in=tuple(dict.fromkeys(place for _, url in choices for place in url.looks_in)),
        per_event=any(part.per_event for part in members),
        weight=1 + sum(part.weight for part in members),
    )


def _one(text: str, settings: dict[str, Setting], context: Context, path: Path) -> Expression:
    """One URL. Its host is literal, or a whole setting of type url; every inserted part is encoded."""
    if match := FROM_SETTING.match(text):
        return _from_setting(match, text, settings, context, path)
    if not LITERAL.match(text):
        advice = "begin with https:// and a literal host, or with a whole setting of type url"
        raise DefinitionError(path, f"the URL must {advice}")
    return compile_template(text, context, path, compile_expression, encode=encoded_part)


def encoded_part(text: str) -> str:
    """A value as one part of a URL. Dots alone would climb the path, so they are refused."""
    if text in (".", ".."):
        raise Rejection(f'"{text}" can\'t stand in the path of a URL. Correct the value.')
    return percent_encoded(text)


def percent_encoded(text: str) -> str:
    try:
        return quote(text, safe="")
    except UnicodeEncodeError:
        raise Rejection(
            "A value is not valid Unicode text and can't stand in a URL. Correct the value."
        ) from None


@lru_cache(maxsize=4_096)
def url_problem(url: str) -> str:
    """What is wrong with a URL that a person typed; empty when nothing is."""
    if len(url) > LONGEST_URL or not url.isprintable() or " " in url or not url.isascii():
        return f"must be an address of at most {LONGEST_URL} plain characters, without blanks"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "is no address; write one such as https://events.example.com/collect"
    if parts.scheme != "https":
        return "must begin with https://"
    if "@" in parts.netloc or "\\" in url:
        return "may not carry a user name or password; use the settings for credentials"
    if parts.fragment or "#" in url:
        return "may not have a part after #"
    if port == 0:
        return "has no valid port"
    return _host_problem(parts.hostname or "")


def with_parameters(url: str, parameters: Sequence[tuple[str, str]]) -> str:
    """The URL with further query parameters at its end."""
    query = "&".join(f"{percent_encoded(name)}={percent_encoded(value)}" for name, value in parameters)
    return f"{url}{'&' if '?' in url else '?'}{query}" if query else url


def swapped_to_sandbox(url: str, sandbox_url: str) -> str:
    """https://srv.adroll.com/api?x=1 -> http://127.0.0.1:8001/srv.adroll.com/api?x=1"""
    return f"{sandbox_url.rstrip('/')}/{url.partition('://')[2]}"


def _host_problem(host: str) -> str:
    labels = host.rstrip(".").split(".")
    if not host or ":" in host or NUMERIC_LABEL.match(labels[-1]):
        return "must name a host such as events.example.com, not an IP address"
    if len(labels) < 2 or not all(LABEL.match(label) for label in labels) or len(host) > 253:
        return "must name a full host such as events.example.com"
    return ""


def _from_setting(
    match: re.Match[str], text: str, settings: dict[str, Setting], context: Context, path: Path
) -> Expression:
    name = match[1]
    if name not in settings or settings[name].type != "url":
        raise DefinitionError(
            path, f"a URL may begin with a setting only when its type is url; `{name}` is not"
        )
    base = compile_expression(f"$settings.{name}", context, path)
    rest = compile_template(text[match.end() :], context, path, compile_expression, encode=encoded_part)

    def run(scope: Scope) -> object:
        url, tail = base.run(scope), rest.run(scope)
        if not isinstance(url, str) or not url:
            raise Rejection(f"{context.name} needs the setting {name}. Fill it in.")
        if problem := url_problem(url):
            raise Rejection(f"The setting {name} of {context.name} {problem}.")
        if tail is None:
            return None
        return f"{url.rstrip('/') if tail else url}{tail}"

    return Expression(run=run, looks_in=base.looks_in, per_event=rest.per_event, weight=1 + rest.weight)
