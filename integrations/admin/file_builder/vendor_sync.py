"""One identity sync that a vendor of the pipeline declares: on or off, and how it runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from integrations.admin.file_builder.fields import number, offer, some_of, switch
from integrations.admin.file_builder.layout import Cost, Group, Looks, Plan, groups_of
from integrations.admin.file_builder.methods import title_of
from integrations.admin.file_builder.step import Ground
from integrations.core.tracking_file.problem import Problem
from integrations.services.tracking_files.resolve import OfferedSync

CHOICES = ("enabled", "lifetime_days", "resync", "timeout_ms", "categories")


class VendorSyncForm(forms.Form):
    """What a draft may say of a declared sync. `declared` is how it runs when the draft says nothing."""

    enabled = switch("On")
    lifetime_days = number(
        "Keep the id (days)", "No longer than the vendor counts conversions for.", least=1, usual=180
    )
    timeout_ms = number("Give up after (milliseconds)", "3000 is a good value.", least=1, usual=3000)
    resync = switch("Run again on every page load", "Off: only when the id is missing or has expired.")
    categories = some_of(
        (), label="Consent", help_text="All of them must be granted. At first those of the destination."
    )

    plans = (Plan(title="", fields=("lifetime_days", "timeout_ms", "resync", "categories")),)

    def __init__(self, ground: Ground, offered: OfferedSync, declared: OfferedSync, data: Any = None) -> None:
        self.offered, self.declared = offered, declared
        initial = {name: _plain(getattr(offered, name)) for name in CHOICES}
        super().__init__(data, initial=initial, prefix=f"vendor-{offered.vendor}-{offered.sync}")
        offer(self.fields["categories"], ground.category_cards())
        self.problems: Sequence[Problem] = ()
        self.cost: Cost | None = None

    @property
    def title(self) -> str:
        return f"{self.offered.vendor_name}, {self.offered.sync}"

    @property
    def method(self) -> str:
        return title_of(self.offered.method)

    @property
    def is_unusual(self) -> bool:
        """Whether the draft says anything but on and off."""
        names = [name for name in CHOICES if name != "enabled"]
        return any(getattr(self.offered, name) != getattr(self.declared, name) for name in names)

    @property
    def has_errors(self) -> bool:
        return bool(self.errors) or any(not one.is_warning for one in self.problems)

    def entry(self) -> dict[str, Any]:
        """The draft's entry: what differs from what the vendor declares, so that a newer revision counts."""
        self.is_valid()
        own = {
            name: self.cleaned_data[name]
            for name in CHOICES
            if name in self.cleaned_data and self.cleaned_data[name] != _plain(getattr(self.declared, name))
        }
        on = {"enabled": self.cleaned_data.get("enabled", self.declared.enabled)}
        return {"vendor": self.offered.vendor, "sync": self.offered.sync, **on, **own} if own else {}

    def own_problems(self) -> list[Problem]:
        """What is about the sync as a whole."""
        return [one for one in self.problems if len(one.path) <= 3]

    def groups(self) -> list[Group]:
        told: dict[bool, dict[str, list[str]]] = {True: {}, False: {}}
        for one in self.problems:
            if len(one.path) > 3:
                told[one.is_warning].setdefault(one.path[3], []).append(one.sentence)
        return groups_of(self, self.plans, Looks(), told[False], told[True])


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
