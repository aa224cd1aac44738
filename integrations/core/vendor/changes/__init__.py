"""A destination's mapping changes: what fields of its vendor get instead, or that they are left out."""

from integrations.core.vendor.changes.check import problems_of
from integrations.core.vendor.changes.sentence import sentence

__all__ = ["problems_of", "sentence"]
