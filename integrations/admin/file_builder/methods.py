"""The seven ways to obtain an identifier, in the words of those who choose one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from integrations.core.tracking_file.config import Method


@dataclass(frozen=True, kw_only=True)
class Words:
    """What a method is called, and what it is for."""

    title: str
    about: str


WORDS: Mapping[Method, Words] = {
    Method.FETCH: Words(
        title="Ask the vendor (fetch)",
        about="The browser asks the vendor's identity address, which answers with an id in JSON.",
    ),
    Method.MATCH_PIXEL: Words(
        title="Match pixel",
        about="The browser loads an image address that carries our anonymous id. The vendor matches on its "
        "side; no id comes back.",
    ),
    Method.URL_PARAMS: Words(
        title="URL parameters",
        about="Keeps parameters of the landing page's address, such as a click id. The newest wins.",
    ),
    Method.LOCAL_STORAGE: Words(
        title="Local storage",
        about="Reads an item that the site or the vendor's own tag has put into the browser's local storage.",
    ),
    Method.COOKIE: Words(
        title="First-party cookie",
        about="Reads a cookie of the site's own domain, set by the site or by the vendor's own tag.",
    ),
    Method.GENERATE: Words(
        title="Generate",
        about="Makes an id in the format that the vendor documents, once per visitor.",
    ),
    Method.CALLBACK: Words(
        title="Page function (callback)",
        about="Calls a function that the vendor's tag has put on the page, and takes the value it passes.",
    ),
}


def title_of(method: str) -> str:
    """A method's name as people say it."""
    return WORDS[Method(method)].title
