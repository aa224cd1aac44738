"""Destinations' filters: checked when they are saved, compiled when they are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError

from integrations.core.filter import Filter, compile_filter, problems_of, refuse_all
from integrations.core.mapping import DefinitionError
from integrations.models import VendorRevision


def check_filter(revision: VendorRevision, document: object) -> None:
    """Raise ValidationError with one sentence for each thing that is not right."""
    problems = problems_of(document, revision.slug)
    if problems:
        raise ValidationError({"filter": [_sentence(problem) for problem in problems]})


def stored_filter(document: Mapping[str, Any], vendor: str) -> Filter | None:
    """The filter of a stored document, for the vendor of this slug. One that can't be used (an older version
    of s2sadmin knew something that this one does not) sends nothing: what it kept out must not get out.
    """
    try:
        return compile_filter(document, vendor)
    except DefinitionError as error:
        return refuse_all(error.message)


def _sentence(problem: DefinitionError) -> str:
    """`Condition 2, value: a number is needed`."""
    if problem.path[:1] == ("conditions",) and len(problem.path) > 1:
        number = int(problem.path[1]) + 1
        place = ", ".join([f"Condition {number}", *map(str, problem.path[2:])])
        return f"{place}: {problem.message}."
    where = f"{problem.path[0]}: " if problem.path else ""
    return f"{where}{problem.message}."
