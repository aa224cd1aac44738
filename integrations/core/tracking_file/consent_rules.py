"""What makes sense about consent in a draft."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from integrations.core.tracking_file import addresses
from integrations.core.tracking_file.config import Category
from integrations.core.tracking_file.problem import Path, Problem, at, warning
from integrations.core.tracking_file.surroundings import Surroundings

Document = Mapping[str, Any]

# What a source needs of at least one category, and what to do when none has it.
NEEDS: Mapping[str, tuple[Callable[[Category], bool], str]] = {
    "tcf": (
        lambda one: bool(one.tcf_purposes),
        "No category names TCF purposes, so the TCF string can grant nothing: enter them at the categories.",
    ),
    "gpp": (
        lambda one: bool(one.gpp_fields),
        "No category names GPP fields, so the GPP string refuses nothing: enter them at the categories.",
    ),
    "gpc": (
        lambda one: one.is_sale_or_sharing,
        "No category is sale or sharing, so Global Privacy Control refuses nothing: mark one of them.",
    ),
    "onetrust": (
        lambda one: bool(one.cmp_codes),
        "No category names a OneTrust group, like C0004: enter it among its codes of consent platforms.",
    ),
}


def consent_problems(consent: Document, around: Surroundings) -> Iterator[Problem]:
    """Everything that is wrong with the consent part."""
    if not consent["enabled"]:
        sentence = (
            "Consent is off: the file stores ids and runs every sync for every visitor. Load it only after "
            "they have agreed, or switch consent on."
        )
        yield warning(("consent", "enabled"), sentence)
        return
    yield from code_faults(consent["categories"], ("consent", "categories"), around)
    yield from code_faults(consent["storage_categories"], ("consent", "storage_categories"), around)
    if not around.categories:
        yield at(
            ("consent", "categories"), "The organization has no consent category: make one, or switch it off."
        )
    yield from _policy(consent, around)
    yield from _sources(consent, around)


def no_category() -> Problem:
    """A file that asks for nothing would take everything for granted."""
    sentence = "Choose at least one category: a file that asks for none has all it does granted at once."
    return at(("consent", "categories"), sentence)


def code_faults(codes: Iterable[str], path: Path, around: Surroundings) -> Iterator[Problem]:
    """Codes that the organization does not have, or that no file can hold."""
    known = {one.code for one in around.categories}
    for index, code in enumerate(codes):
        if fault := addresses.inherited_problem(code):
            yield at((*path, index), fault)
        elif code not in known:
            there = f"There are {', '.join(sorted(known))}." if known else "It has none yet."
            yield at(
                (*path, index), f"The organization has no consent category with the code {code}. {there}"
            )


def _policy(consent: Document, around: Surroundings) -> Iterator[Problem]:
    is_explicit = consent["policy"] == "explicit"
    if is_explicit and not consent["storage_categories"]:
        sentence = (
            "Whatever the visitor answers, the file then keeps an anonymous id and a session: choose the "
            "categories that they need, unless they are strictly necessary for the site."
        )
        yield warning(("consent", "storage_categories"), sentence)
    if is_explicit and not consent["sources"]:
        sentence = (
            "Explicit policy without a source: nothing is granted until the page itself says so by the "
            "consent call of the library. Choose your consent platform, or keep it in mind."
        )
        yield warning(("consent", "sources"), sentence)
    if is_explicit is not around.is_explicit:
        policy = "explicit" if around.is_explicit else "implied"
        sentence = (
            f"The pipeline's own policy is {policy}, and the server decides by that: make them the same."
        )
        yield warning(("consent", "policy"), sentence)


def _sources(consent: Document, around: Surroundings) -> Iterator[Problem]:
    chosen = set(consent["categories"])
    categories = [one for one in around.categories if one.code in chosen]
    for index, source in enumerate(consent["sources"]):
        has, sentence = NEEDS.get(source, (lambda _: True, ""))
        if categories and not any(has(one) for one in categories):
            yield warning(("consent", "sources", index), sentence)
    if "custom_cookie" in consent["sources"]:
        path = ("consent", "custom_cookie", "name")
        name = consent["custom_cookie"].get("name", "")
        if not name:
            yield at(path, "Name the cookie in which your banner keeps the answers.")
        elif not addresses.COOKIE_NAME.fullmatch(name):
            yield at(path, "A cookie's name has no blanks, commas, semicolons or equals signs.")
        nested = consent["custom_cookie"].get("path", "")
        if nested and not addresses.DOTTED.fullmatch(nested):
            yield at(("consent", "custom_cookie", "path"), "Write the path with dots, like consent.groups.")
