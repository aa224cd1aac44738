"""The options of a sync, from their document to values, with the rules of what a browser can do.

What a vendor's identity endpoint must keep to is in seed 000: it is called by a script of the page, so no
redirects, no cookies of other domains, no headers that scripts can't set or read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from integrations.core.tracking_file import addresses
from integrations.core.tracking_file.config import (
    Callback,
    Cookie,
    Fetch,
    Generate,
    LocalStorage,
    MatchPixel,
    Options,
    UrlParams,
)
from integrations.core.tracking_file.problem import Path, Problem, at
from integrations.core.tracking_file.shape import NO_REDIRECTS

TOKEN = re.compile(r"\{([^{}]*)\}")
VISITOR = ("anonymous_id", "user_id", "email_sha256", "phone_sha256")
GENERATED = re.compile(r"hex:(?:[1-9]|[1-5]\d|6[0-4])|digits:(?:[1-9]|[1-5]\d|6[0-4])|uuid|epoch_ms|epoch_s")
UNREADABLE = frozenset({"set-cookie", "set_cookie", "headers"})

Document = Mapping[str, Any]


def option_faults(method: str, options: Document, path: Path, *, may_loop_back: bool) -> Iterator[Problem]:
    """Everything that is wrong with options of the right shape."""
    match method:
        case "fetch":
            yield from _url_faults(options, path, may_loop_back)
            yield from _fetch_faults(options, path)
        case "matchPixel":
            yield from _url_faults(options, path, may_loop_back)
        case "urlParams":
            yield from parameter_faults(options.get("parameters", ()), (*path, "parameters"))
        case "localStorage":
            yield from _local_storage_faults(options, path)
        case "cookie":
            yield from _cookie_faults(options, path)
        case "generate":
            yield from _generate_faults(options, path)
        case "callback":
            yield from _callback_faults(options, path)


def read_options(method: str, options: Document) -> Options:
    """The value of options that are right. Pairs are in the order of their names: JSON keeps none."""
    match method:
        case "fetch":
            return Fetch(
                url=options["url"],
                http_method=options.get("http_method", "GET"),
                credentials=options.get("credentials", False),
                **{name: _pairs(options, name) for name in ("query", "body", "headers", "paths")},
            )
        case "matchPixel":
            return MatchPixel(url=options["url"], query=_pairs(options, "query"))
        case "urlParams":
            return UrlParams(parameters=tuple(options["parameters"]))
        case "localStorage":
            return LocalStorage(key=options["key"], path=options.get("path", ""))
        case "cookie":
            return Cookie(name=options["name"], skip_parts=options.get("skip_parts", 0))
        case "generate":
            return Generate(format=options["format"])
    return Callback(function=options["function"])


def ids_of(sync_id: str, options: Options) -> tuple[str, ...]:
    """The names under which a sync's values reach `context.providers.<provider>`."""
    match options:
        case Fetch(paths=paths):
            return tuple(name for name, _ in paths)
        case UrlParams(parameters=parameters):
            return parameters
        case MatchPixel():
            return ("beaconFired",)
    return (sync_id,)


def parameter_faults(parameters: Any, path: Path) -> Iterator[Problem]:
    """Names of query parameters."""
    if not parameters:
        yield at(path, "Name at least one query parameter, like gclid.")
    for index, name in enumerate(parameters):
        if not addresses.PARAMETER.fullmatch(name):
            sentence = f"{name!r} is no query parameter: names have letters, digits and _ . - ~ [ ] only."
            yield at((*path, index), sentence)
        elif fault := addresses.inherited_problem(name):
            yield at((*path, index), fault)


def _pairs(options: Document, name: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(options.get(name, {}).items()))


def _url_faults(options: Document, path: Path, may_loop_back: bool) -> Iterator[Problem]:
    url = options.get("url", "")
    if not url:
        yield at((*path, "url"), "Enter the address that is called.")
        return
    if fault := addresses.url_problem(url, may_loop_back=may_loop_back):
        yield at((*path, "url"), fault)
        return
    yield from _token_faults(url, (*path, "url"))
    if any(_redirects(name, value) for name, value in parse_qsl(urlsplit(url).query)):
        yield at((*path, "url"), NO_REDIRECTS)
    for name, value in options.get("query", {}).items():
        yield from _token_faults(value, (*path, "query", name))
        if _redirects(name, value):
            yield at((*path, "query", name), NO_REDIRECTS)


def _redirects(name: str, value: str) -> bool:
    """Whether a parameter asks the endpoint to send the browser on to another address."""
    return name.lower() in addresses.REDIRECT_NAMES and (value.startswith(("http", "//")) or "%2f" in value)


def _fetch_faults(options: Document, path: Path) -> Iterator[Problem]:
    body, headers, paths = (options.get(name, {}) for name in ("body", "headers", "paths"))
    if body and options.get("http_method", "GET") != "POST":
        yield at((*path, "body"), "A GET has no body: choose POST, or put the values into query.")
    for name, value in body.items():
        yield from _token_faults(value, (*path, "body", name))
    for name, value in headers.items():
        if fault := addresses.header_problem(name):
            yield at((*path, "headers", name), fault)
        elif not value.isprintable() or not value.isascii():
            yield at((*path, "headers", name), "A header's value is one line of plain characters.")
        yield from _token_faults(value, (*path, "headers", name))
    if not paths:
        yield at((*path, "paths"), "Say where the id stands in the JSON answer, like uid: data.user.id.")
    for name, value in paths.items():
        if not addresses.PROVIDER.fullmatch(name):
            yield at((*path, "paths", name), "An id's name has letters, digits, _ and -, a letter first.")
        if not addresses.DOTTED.fullmatch(value):
            yield at((*path, "paths", name), "Write the path with dots, like data.user.id.")
        elif value.lower().split(".")[0] in UNREADABLE:
            sentence = "Scripts can't read Set-Cookie and most headers: the id must stand in the JSON answer."
            yield at((*path, "paths", name), sentence)


def _token_faults(text: str, path: Path) -> Iterator[Problem]:
    known = ", ".join(f"{{{name}}}" for name in VISITOR)
    for name in TOKEN.findall(text):
        if name not in VISITOR:
            yield at(path, f"{{{name}}} is not known. There are {known}.")
    rest = TOKEN.sub("", text)
    if "{" in rest or "}" in rest:
        yield at(path, f"A brace without its other half: braces stand around {known} only.")


def _local_storage_faults(options: Document, path: Path) -> Iterator[Problem]:
    if not options.get("key"):
        yield at((*path, "key"), "Name the item of localStorage.")
    if options.get("path") and not addresses.DOTTED.fullmatch(options["path"]):
        yield at((*path, "path"), "Write the path with dots, like user.id.")


def _cookie_faults(options: Document, path: Path) -> Iterator[Problem]:
    if not options.get("name"):
        yield at((*path, "name"), "Name the cookie, like _fbp.")
    elif not addresses.COOKIE_NAME.fullmatch(options["name"]):
        yield at((*path, "name"), "A cookie's name has no blanks, commas, semicolons or equals signs.")


def _generate_faults(options: Document, path: Path) -> Iterator[Problem]:
    text = options.get("format", "")
    tokens = TOKEN.findall(text)
    known = "{hex:N}, {digits:N} (N from 1 to 64), {uuid}, {epoch_ms} and {epoch_s}"
    if not text:
        yield at((*path, "format"), f"Say what the id is made of, with {known}.")
        return
    for name in tokens:
        if not GENERATED.fullmatch(name):
            yield at((*path, "format"), f"{{{name}}} is not known. There are {known}.")
    if not any(name.startswith(("hex", "digits", "uuid")) for name in tokens):
        yield at((*path, "format"), "Without {hex:N}, {digits:N} or {uuid}, visitors would share one id.")
    rest = TOKEN.sub("", text)
    if re.search(r"[^A-Za-z0-9_.:-]", rest):
        yield at((*path, "format"), "Between the tokens, use letters, digits and _ . : - only.")


def _callback_faults(options: Document, path: Path) -> Iterator[Problem]:
    name = options.get("function", "")
    if not name:
        yield at((*path, "function"), "Name the global function that passes the id, like vendor.getId.")
    elif not addresses.FUNCTION.fullmatch(name):
        yield at((*path, "function"), "Write a function's name with dots, like vendor.getId, and no code.")
