"""The form of a destination: its vendor's declared settings between the fields that every destination has."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from integrations.admin.filter_field import FilterFormField, means_the_same
from integrations.admin.mapping_field import MappingFormField
from integrations.admin.setting_fields import CLEAR, PREFIX, can_be_cleared, clear_field, setting_field
from integrations.core.vendor import Vendor
from integrations.models import ConsentCategory, Destination, DestinationDraft, VendorRevision
from integrations.services.destinations import check_mode, check_settings, check_waits, split_secrets
from integrations.services.vendors import compiled

LAID_OVER = ["name", "vendor_revision", "mode", "settings", "secrets", "delay_s", "max_age_s"]
LAID_OVER += ["filter", "mapping_changes"]
EMPTY: tuple[Any, ...] = (None, "", [], {})


class DestinationForm(forms.ModelForm):
    """Subclassed per vendor revision by `destination_form`. Who goes on from a draft sees it as it waits."""

    revision: VendorRevision
    vendor: Vendor
    values: dict[str, Any]
    draft: DestinationDraft | None

    class Meta:
        model = Destination
        fields = [
            "pipeline",
            "name",
            "vendor_revision",
            "mode",
            "delay_s",
            "max_age_s",
            "consent_categories",
            "filter",
            "mapping_changes",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if self.draft is not None:
            _lay_over(kwargs["instance"], self.draft)
        super().__init__(*args, **kwargs)
        if self.draft is not None:
            self.initial["consent_categories"] = list(self.draft.consent_categories.all())
        if self.instance._state.adding:
            self.instance.vendor_revision = self.revision
        for name, value in self.instance.settings.items():
            if PREFIX + name in self.fields:
                self.initial[PREFIX + name] = value
        self._offer_categories()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        revision = cleaned.get("vendor_revision") or self.revision
        self.values = self._values(cleaned)
        self._check(lambda: check_settings(revision, self.values), PREFIX)
        if "filter" in cleaned:
            self._check_filter(cleaned)
        if "mapping_changes" in cleaned:
            self._check_mapping(cleaned, revision)
        if "mode" in cleaned:
            self._check(lambda: check_mode(cleaned["mode"]))
        if "delay_s" in cleaned and "max_age_s" in cleaned:
            self._check(lambda: check_waits(cleaned["delay_s"], cleaned["max_age_s"]))
        self._check_categories(cleaned)
        return cleaned

    def _post_clean(self) -> None:
        super()._post_clean()
        if not self.errors:
            self.instance.settings, self.instance.secrets = split_secrets(
                self.cleaned_data.get("vendor_revision") or self.revision, self.values
            )

    def _values(self, cleaned: dict[str, Any]) -> dict[str, Any]:
        """What was typed, less what was left empty; an empty secret keeps the stored one or is cleared."""
        values = {}
        for name, setting in self.vendor.settings.items():
            value = cleaned.get(PREFIX + name)
            clears = cleaned.get(CLEAR + name, False)
            if clears and value not in EMPTY:
                self.add_error(CLEAR + name, "Type a new one or clear it, not both.")
            if setting.secret and value in EMPTY and not clears:
                value = self.instance.secrets.get(name)
            if value not in EMPTY and not self._is_left_out(name, value):
                values[name] = value
        return values

    def _is_left_out(self, name: str, value: Any) -> bool:
        """What a stored destination never had, and stands in the form as its default only."""
        if self.instance._state.adding:
            return False
        stored = {**self.instance.settings, **self.instance.secrets}
        return name not in stored and value in (self.vendor.settings[name].default, False)

    def _check(self, check: Any, prefix: str = "") -> None:
        try:
            check()
        except ValidationError as refused:
            for name, sentences in refused.message_dict.items():
                field = prefix + name if prefix + name in self.fields else None
                if not field or field not in self.errors:
                    self.add_error(field, sentences)

    def _check_filter(self, cleaned: dict[str, Any]) -> None:
        """What means the same as what is stored leaves that as it is."""
        if means_the_same(self.instance.filter, cleaned["filter"]):
            cleaned["filter"] = self.instance.filter
        field: Any = self.fields["filter"]
        try:
            field.mark(cleaned["filter"], self.vendor.slug)
        except ValidationError as refused:
            self.add_error("filter", refused)

    def _check_mapping(self, cleaned: dict[str, Any], revision: VendorRevision) -> None:
        """Against the revision that is chosen; what means the same as what is stored leaves that as it is."""
        field: Any = self.fields["mapping_changes"]
        if field.widget.value_omitted_from_data(self.data, self.files, "mapping_changes") or not (
            field.has_changed(self.instance.mapping_changes, cleaned["mapping_changes"])
        ):
            cleaned["mapping_changes"] = self.instance.mapping_changes
        try:
            field.mark(cleaned["mapping_changes"], compiled(revision))
        except ValidationError as refused:
            self.add_error("mapping_changes", refused)

    def _check_categories(self, cleaned: dict[str, Any]) -> None:
        categories = cleaned.get("consent_categories")
        if categories is None:
            return
        pipeline = cleaned.get("pipeline") or getattr(self.instance, "pipeline", None)
        strangers = [c for c in categories if pipeline and c.organization_id != pipeline.organization_id]
        if strangers:
            self.add_error("consent_categories", f"{strangers[0]} belongs to another organization.")
        elif not categories and self.instance.enabled:
            sentence = "Choose at least one: without it nobody's consent would be asked."
            self.add_error("consent_categories", sentence)

    def _offer_categories(self) -> None:
        field = self.fields.get("consent_categories")
        if field is None:
            return
        pipeline = getattr(self.instance, "pipeline", None)
        if pipeline:
            field.queryset = ConsentCategory.objects.filter(organization_id=pipeline.organization_id)
        field.help_text = f"{self.vendor.name} is classified as {_words(self.vendor.consent.classification)}."


def destination_form(
    revision: VendorRevision, source: Destination | DestinationDraft | None
) -> type[DestinationForm]:
    """The form class for destinations of this revision, as the destination or its draft stands."""
    vendor = compiled(revision)
    secrets = source.secrets if source else {}
    fields: dict[str, Any] = {
        "filter": FilterFormField(label="Which events", required=False),
        "mapping_changes": MappingFormField(label="What fields get", required=False),
    }
    for name, setting in vendor.settings.items():
        is_set = bool(secrets.get(name))
        fields[PREFIX + name] = setting_field(setting, is_set=is_set)
        if can_be_cleared(setting, is_set=is_set):
            fields[CLEAR + name] = clear_field(setting)
    draft = source if isinstance(source, DestinationDraft) else None
    own = {"revision": revision, "vendor": vendor, "draft": draft}
    return type("DestinationForm", (DestinationForm,), {**own, **fields})


def mode_help() -> str:
    """What the modes do here."""
    if settings.SANDBOX_URL:
        return f"Sandbox sends to {settings.SANDBOX_URL} instead of the vendor: nothing reaches the vendor."
    return "Sandbox mode is off in this installation: the operator sets SANDBOX_URL."


CATEGORIES_WIDGET = UnfoldAdminCheckboxSelectMultipleWidget


def _lay_over(destination: Destination, draft: DestinationDraft) -> None:
    """The form's copy of the destination as the draft has it; the service takes a fresh one."""
    for name in LAID_OVER:
        setattr(destination, name, getattr(draft, name))


def _words(classification: str) -> str:
    return classification.replace("_", " ")
