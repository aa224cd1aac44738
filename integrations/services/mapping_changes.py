"""Destinations' mapping changes: checked when they are saved, compiled once per process."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.core.exceptions import ValidationError

from integrations.core.mapping import DefinitionError
from integrations.core.vendor import Vendor
from integrations.core.vendor.changes import problems_of
from integrations.core.vendor.changes.apply import changed
from integrations.models import VendorRevision
from integrations.services.vendors import compiled


def check_mapping_changes(revision: VendorRevision, documents: object) -> None:
    """Raise ValidationError with one sentence for each thing that is not right with this revision."""
    problems = problems_of(documents, compiled(revision)) if documents else []
    if problems:
        raise ValidationError({"mapping_changes": [in_words(problem, documents) for problem in problems]})


def compiled_for(revision: VendorRevision, documents: Sequence[Mapping[str, Any]]) -> Vendor:
    """The vendor of a revision as the destination with these changes has it.

    Raises DefinitionError for changes that this version of s2sadmin can't read any more: what they kept from
    the vendor must not get there.
    """
    vendor = compiled(revision)
    return _changed(vendor, json.dumps(documents)) if documents else vendor


def in_words(problem: DefinitionError, documents: Any) -> str:
    """`Change 2 (event_attributes.coupon), value: the dictionary has no ...`"""
    if not problem.path:
        return f"{_capital(problem.message)}."
    index, *inside = problem.path
    field = documents[index].get("field", "") if isinstance(documents[index], Mapping) else ""
    named = f" ({field})" if isinstance(field, str) and field else ""
    place = ", ".join([f"Change {int(index) + 1}{named}", *map(str, inside[:1])])
    return f"{place}: {problem.message}."


@lru_cache(maxsize=500)
def _changed(vendor: Vendor, documents: str) -> Vendor:
    return changed(vendor, json.loads(documents))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
