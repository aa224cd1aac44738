"""One identity sync of the customer's own: the fields of its method, without a line of JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from integrations.admin.file_builder.fields import (
    codes,
    number,
    offer,
    pairs,
    select,
    some_of,
    switch,
    text,
)
from integrations.admin.file_builder.layout import Group, Looks, Plan, groups_of
from integrations.admin.file_builder.methods import WORDS, title_of
from integrations.admin.file_builder.step import Ground
from integrations.core.tracking_file.config import Method
from integrations.core.tracking_file.problem import Problem

TOKENS = "{anonymous_id}, {user_id}, {email_sha256} and {phone_sha256} stand for the visitor's."
# The members of each method's options, in the order of its form; a field is `<method>_<member>`.
OPTIONS: Mapping[Method, Sequence[str]] = {
    Method.FETCH: ("url", "http_method", "paths", "credentials", "query", "body", "headers"),
    Method.MATCH_PIXEL: ("url", "query"),
    Method.URL_PARAMS: ("parameters",),
    Method.LOCAL_STORAGE: ("key", "path"),
    Method.COOKIE: ("name", "skip_parts"),
    Method.GENERATE: ("format",),
    Method.CALLBACK: ("function",),
}
PLAIN = ("provider", "id", "method", "lifetime_days", "categories", "cookie", "resync", "timeout_ms")
NEW: Mapping[str, Any] = {
    "provider": "",
    "id": "",
    "options": {},
    "lifetime_days": 180,
    "categories": [],
    "cookie": "",
}
WAITING = [str(one) for one in (Method.FETCH, Method.MATCH_PIXEL, Method.CALLBACK)]


class CustomSyncForm(forms.Form):
    """Every method's fields are there; those of the chosen one are shown and kept."""

    provider = text(
        "Provider",
        "Whose id it is, in one word. The id reaches events as context.providers.<provider>.<id>.",
        placeholder="acme",
    )
    id = text(
        "Name of the id",
        "What the id is called in events. URL parameters and the ids of an answer have names of their own; "
        "there it only tells this sync from others.",
        placeholder="visitor_id",
    )
    method = select("How the id is obtained", {str(one): words.title for one, words in WORDS.items()})

    fetch_url = text(
        "Identity address",
        f"An https address of the vendor that answers JSON and allows other origins (CORS). {TOKENS}",
        placeholder="https://id.vendor.example/sync",
    )
    fetch_http_method = select("Request", {"GET": "GET", "POST": "POST, with a JSON body"})
    fetch_paths = pairs(
        "Ids in the answer",
        "One `name: path` a line: the name that the id gets in events, and where it stands in the JSON, "
        "with dots.",
        placeholder="visitor_id: data.id",
    )
    fetch_credentials = switch(
        "Send the vendor's own cookies",
        "What credentials: include does. It takes the place of a redirect sync: the vendor sees its own "
        "cookie, where the browser still has one, and answers with the id. The vendor must allow it.",
    )
    fetch_query = pairs("Query", f"One `name: value` a line. {TOKENS}", placeholder="uid: {anonymous_id}")
    fetch_body = pairs(
        "JSON body", f"POST only, one `name: value` a line. {TOKENS}", placeholder="email: {email_sha256}"
    )
    fetch_headers = pairs(
        "Headers",
        "One `name: value` a line. Browsers set Cookie, Host, Origin, Referer and User-Agent themselves.",
    )
    matchPixel_url = text(
        "Image address",
        f"An https address of the vendor. {TOKENS}",
        placeholder="https://px.vendor.example/m",
    )
    matchPixel_query = pairs(
        "Query", f"One `name: value` a line. {TOKENS}", placeholder="uid: {anonymous_id}"
    )
    urlParams_parameters = codes(
        "Parameters", "Separated by commas. Each is kept under its own name.", placeholder="click_id, cid"
    )
    localStorage_key = text("Item", "The key as the browser's developer tools show it.")
    localStorage_path = text("Where in the item", "Only for JSON: a path with dots, for example user.id.")
    cookie_name = text("Cookie", "The cookie's name as the browser shows it, for example _ga.")
    cookie_skip_parts = number(
        "Leave out pieces",
        "How many leading pieces, separated by dots, are not part of the id: 2 takes 111.222 of "
        "GA1.1.111.222. 0 takes all.",
    )
    generate_format = text(
        "Format",
        "{hex:16} stands for 16 random bytes in hexadecimal, {digits:9} for 9 digits, {uuid}, {epoch_ms} and "
        "{epoch_s} for themselves.",
        placeholder="{hex:16}-{epoch_ms}",
    )
    callback_function = text(
        "Function",
        "Its name, with dots. It is called with a function that takes the id.",
        placeholder="vendor.getId",
    )

    lifetime_days = number(
        "Keep the id (days)", "No longer than the vendor counts conversions for.", least=1, usual=180
    )
    categories = some_of((), label="Consent", help_text="All of them must be granted.")
    resync = switch("Run again on every page load", "Off: only when the id is missing or has expired.")
    timeout_ms = number("Give up after (milliseconds)", "3000 is a good value.", least=1, usual=3000)
    cookie = text(
        "Cookie name of ours",
        "Only when the vendor documents a name. Empty: storage prefix, provider and id.",
    )

    plans = (
        Plan(
            title="",
            fields=(
                "provider",
                "method",
                "id",
                *(f"{method}_{name}" for method, names in OPTIONS.items() for name in names),
                "lifetime_days",
                "timeout_ms",
                "cookie",
                "resync",
                "categories",
            ),
        ),
    )
    looks = Looks(
        when={
            **{f"{method}_{name}": f"method={method}" for method, names in OPTIONS.items() for name in names},
            "timeout_ms": "method=" + "|".join(WAITING),
            "fetch_body": "method=fetch&fetch_http_method=POST",
        }
    )

    def __init__(self, ground: Ground, number: int, stored: Mapping[str, Any], data: Any = None) -> None:
        self.number, self.stored = number, stored
        super().__init__(data, initial=self._initial(stored), prefix=f"custom-{number}")
        offer(self.fields["categories"], ground.category_cards())
        self.fields["cookie_skip_parts"].required = False
        self.problems: Sequence[Problem] = ()

    def _initial(self, stored: Mapping[str, Any]) -> dict[str, Any]:
        plain = {name: stored[name] for name in PLAIN if name in stored}
        options = {f"{stored['method']}_{name}": value for name, value in stored.get("options", {}).items()}
        return {"timeout_ms": 3000, "fetch_http_method": "GET", "cookie_skip_parts": 0, **plain, **options}

    @property
    def title(self) -> str:
        chosen = self["method"].value()
        named = self["provider"].value()
        return f"{named}: {title_of(chosen)}" if named else title_of(chosen)

    @property
    def method_words(self) -> list[tuple[str, str]]:
        return [(str(one), words.about) for one, words in WORDS.items()]

    @property
    def is_fetch(self) -> bool:
        return bool(self["method"].value() == Method.FETCH)

    @property
    def has_errors(self) -> bool:
        return bool(self.errors) or any(not one.is_warning for one in self.problems)

    def entry(self) -> dict[str, Any]:
        """The draft's entry: what is empty of the method's options is left out."""
        self.is_valid()
        values = self.cleaned_data
        method = values.get("method", self.stored["method"])
        options = {name: values.get(f"{method}_{name}") for name in OPTIONS[Method(method)]}
        kept = {name: value for name, value in options.items() if value not in (None, "", [], {}, False, 0)}
        plain = {name: values[name] for name in PLAIN if name in values}
        return {**self.stored, **plain, "method": method, "options": kept}

    def field_at(self, path: Sequence[str]) -> str | None:
        """The field of a place in the entry, `options/url` or `lifetime_days`."""
        if path[:1] == ("options",) and len(path) > 1:
            path = [f"{self['method'].value()}_{path[1]}"]
        return path[0] if path and path[0] in self.fields else None

    def homeless(self) -> list[Problem]:
        return [one for one in self.problems if self.field_at(one.path[3:]) is None]

    def groups(self) -> list[Group]:
        told: dict[bool, dict[str, list[str]]] = {True: {}, False: {}}
        for one in self.problems:
            if name := self.field_at(one.path[3:]):
                told[one.is_warning].setdefault(name, []).append(one.sentence)
        return groups_of(self, self.plans, self.looks, told[False], told[True])


def new_sync(method: str) -> dict[str, Any]:
    """A draft entry to fill in."""
    return {**NEW, "method": str(Method(method)), "resync": False, "timeout_ms": 3000}
