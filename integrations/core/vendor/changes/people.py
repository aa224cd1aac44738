"""Refuses a change that would send in clear what the file hashes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from integrations.core.vendor.changes.outputs import Output
from integrations.core.vendor.changes.over import Values
from integrations.core.vendor.changes.places import ANYTHING, DEVICE, DIRECT, label, sent_of_people


class People:
    """What of people a vendor's file hashes, and what it sends in clear."""

    def __init__(self, outputs: Iterable[Output], values: Values, vendor: str) -> None:
        documents = {
            id(leaf.document): leaf.document for output in outputs for leaf in output.fields.values()
        }
        found = {one for document in documents.values() for one in sent_of_people(document, values)}
        self._hashed = {one.what for one in found if one.is_hashed}
        self._clear = {one.what for one in found if not one.is_hashed}
        self._values = values
        self._vendor = vendor

    def problem(self, document: Any, declared: Any) -> str:
        """Why a field may not be made so, empty when it may. What the file's own field tells, it may tell."""
        before = set(sent_of_people(declared, self._values))
        known, own = {one.what for one in before}, {one.what for one in before if not one.is_hashed}
        for one in sent_of_people(document, self._values):
            if one.what == DEVICE and one.what not in known:
                return (
                    f"{label(DEVICE)} stays where the file sends it, as people can forbid that; name another"
                )
            if not self._hashed:
                continue
            if one.is_hashed or one.what in own:
                continue
            if one.what == ANYTHING:
                advice = "name a path, or hash it with `as: sha256`"
                return f"{one.what} may be what {self._vendor} gets hashed; {advice}"
            if one.what in self._hashed or (one.what in DIRECT and one.what not in self._clear):
                in_clear = f"it would send {label(one.what)} in clear"
                return f"{in_clear}, and {self._vendor} gets that hashed; {_advice(one.what)}"
        return ""


def _advice(what: str) -> str:
    first = {"email": "email, ", "phone": "phone_e164, "}.get(what, "")
    return f"name a field that holds nothing of it, or hash it with `as: [{first}sha256]`"
