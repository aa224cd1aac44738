"""Step 3: the identity syncs of the pipeline's vendors, and the customer's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import cached_property

from integrations.admin.file_builder.custom_sync import CustomSyncForm, new_sync
from integrations.admin.file_builder.layout import Cost
from integrations.admin.file_builder.methods import WORDS, Words
from integrations.admin.file_builder.step import Ground
from integrations.admin.file_builder.vendor_sync import VendorSyncForm
from integrations.core.tracking_file.problem import Problem
from integrations.models import Destination
from integrations.services.tracking_files.resolve import OfferedSync, offered_syncs
from integrations.services.vendors import compiled

COUNT = "custom-count"
MOST = 60  # custom syncs in one form


@dataclass(frozen=True, kw_only=True)
class VendorSyncs:
    """What one vendor of the pipeline needs of the browser, with why, and the syncs that get it."""

    name: str
    why: str
    is_needed: bool
    destinations: str
    forms: Sequence[VendorSyncForm]


class SyncsForm:
    """Identity syncs, a form each."""

    member = "syncs"

    def __init__(self, ground: Ground, data: Any = None) -> None:
        self.ground, self.data = ground, data
        self.problems: Sequence[Problem] = ()
        self.costs: Mapping[str, Cost] = {}

    @cached_property
    def vendor_forms(self) -> list[VendorSyncForm]:
        """In the order in which the vendors declare them."""
        file, draft = self.ground.file, dict(self.ground.draft)
        bare = {**draft, "syncs": {**draft["syncs"], "vendor": []}}
        declared = {_key(one): one for one in offered_syncs(file, bare)}
        return [
            VendorSyncForm(self.ground, one, declared[_key(one)], self.data)
            for one in offered_syncs(file, draft)
        ]

    @cached_property
    def custom_forms(self) -> list[CustomSyncForm]:
        stored = list(self.ground.draft["syncs"]["custom"])
        if self.data is not None:
            count = min(_whole(self.data.get(COUNT)), MOST)
            stored = [stored[index] if index < len(stored) else new_sync("fetch") for index in range(count)]
        return [CustomSyncForm(self.ground, index, one, self.data) for index, one in enumerate(stored)]

    def is_valid(self) -> bool:
        return not any(form.errors for form in [*self.vendor_forms, *self.custom_forms])

    def section(self) -> dict[str, Any]:
        vendor = [entry for form in self.vendor_forms if (entry := form.entry())]
        return {"vendor": vendor, "custom": [form.entry() for form in self.custom_forms]}

    def tell(self, problems: Sequence[Problem]) -> None:
        self.problems = [one for one in problems if one.path[:1] == (self.member,)]
        entries = self.ground.draft["syncs"]["vendor"]
        for form in self.vendor_forms:
            form.problems = [one for one in self.problems if _is_about(one, entries, form.offered)]
        for custom in self.custom_forms:
            place = ("syncs", "custom", str(custom.number))
            custom.problems = [one for one in self.problems if one.path[:3] == place]

    def label_of(self, problem: Problem) -> str:
        """The sync that a problem is about, and its field, as the page calls them."""
        for custom in self.custom_forms:
            if problem in custom.problems:
                name = custom.field_at(problem.path[3:])
                return f"{custom.title}, {custom.fields[name].label}" if name else custom.title
        return next((one.title for one in self.vendor_forms if problem in one.problems), "")

    @property
    def has_errors(self) -> bool:
        return any(not one.is_warning for one in self.problems) or (
            self.data is not None and not self.is_valid()
        )

    def homeless(self) -> list[Problem]:
        shown = [one for form in [*self.vendor_forms, *self.custom_forms] for one in form.problems]
        return [one for one in self.problems if one not in shown]

    @property
    def methods(self) -> Sequence[tuple[str, Words, Cost | None]]:
        """What can be added, and what it adds to the file."""
        return [(str(one), words, self.costs.get(f"syncs.{one}")) for one, words in WORDS.items()]

    def price(self, costs: Mapping[str, Cost]) -> None:
        self.costs = costs
        for form in self.vendor_forms:
            form.cost = costs.get(f"syncs.{form.offered.method}")

    @cached_property
    def vendors(self) -> list[VendorSyncs]:
        """Every vendor of the pipeline, those that need no sync with their reason too."""
        rows: dict[str, list[Destination]] = {}
        for row in self.ground.pipeline.destinations.filter(enabled=True).select_related("vendor_revision"):
            rows.setdefault(row.vendor_revision.slug, []).append(row)
        found = [self._vendor(slug, destinations) for slug, destinations in rows.items()]
        return sorted(found, key=lambda one: (not one.forms, one.name.lower()))

    def _vendor(self, slug: str, destinations: Sequence[Destination]) -> VendorSyncs:
        vendor = compiled(destinations[0].vendor_revision)
        sync: Any = vendor.document.get("sync") or {}
        return VendorSyncs(
            name=vendor.name,
            why=sync.get("why", ""),
            is_needed=sync.get("needed", False),
            destinations=", ".join(row.name for row in destinations if row.name != vendor.name),
            forms=[form for form in self.vendor_forms if form.offered.vendor == slug],
        )


def _key(sync: OfferedSync) -> tuple[str, str]:
    return sync.vendor, sync.sync


def _is_about(problem: Problem, entries: Sequence[Any], sync: OfferedSync) -> bool:
    if problem.path[:2] != ("syncs", "vendor") or len(problem.path) < 3:
        return False
    index = _whole(problem.path[2])
    entry = entries[index] if index < len(entries) else {}
    return (entry.get("vendor"), entry.get("sync")) == _key(sync)


def _whole(text: Any) -> int:
    return int(text) if str(text).isdecimal() else 0
