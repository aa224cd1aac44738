"""A destination's filter: a closed document, checked, compiled to a closure, and told as one sentence."""

from integrations.core.filter.compile import Filter, compile_filter, problems_of, refuse_all
from integrations.core.filter.operators import OPERATORS, Operator, Takes
from integrations.core.filter.sentence import sentence

__all__ = [
    "OPERATORS",
    "Filter",
    "Operator",
    "Takes",
    "compile_filter",
    "problems_of",
    "refuse_all",
    "sentence",
]
