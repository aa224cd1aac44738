"""Destinations as JSON: secrets go in and never come out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError as Refusal
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.api.base import ApiSerializer, VisibleField
from integrations.api.filter_field import FilterField, refuse_bad_filter
from integrations.api.mapping_changes_field import MappingChangesField, refuse_bad_changes
from integrations.api.references import RevisionField, newest_called
from integrations.core.filter import sentence
from integrations.core.vendor.changes import sentence as in_words
from integrations.models import ConsentCategory, Destination, DestinationDraft, Pipeline, VendorRevision
from integrations.services.destinations import Wanted, check_settings, wanted_of
from integrations.services.vendors import compiled

NAMES = serializers.ListField(child=serializers.CharField())
LONGEST_DELAY_S = 2_000_000
LONGEST_AGE_S = 2_000_000_000


class VendorSlug(serializers.SlugField):
    """The vendor of the pinned revision."""

    def get_attribute(self, instance: Any) -> str:
        return str(instance.vendor_revision.slug)


class CategoryCodes(serializers.ListField):
    """The codes of consent categories."""

    child = serializers.CharField()

    def get_attribute(self, instance: Any) -> list[str]:
        return sorted(one.code for one in instance.consent_categories.all())


class Configuration(ApiSerializer):
    """What a destination and the change that waits for it have in common."""

    name = serializers.CharField(
        max_length=100, required=False, help_text="The vendor's name when left out of a new one."
    )
    vendor = VendorSlug(required=False, help_text="A new destination gets its newest revision.")
    vendor_revision = RevisionField(required=False, help_text="The pinned revision; in place of `vendor`.")
    revision = serializers.IntegerField(source="vendor_revision.revision", read_only=True)
    mode = serializers.ChoiceField(Destination.Mode.choices, default=Destination.Mode.LIVE.value)
    settings = serializers.DictField(
        default=dict,
        help_text="By the vendor's declared names, secrets among them, which are never shown. In a PATCH, "
        "what is not named stays, and null removes.",
    )
    secrets_set = serializers.SerializerMethodField(help_text="Names of the secrets that have a value.")
    consent_categories = CategoryCodes(
        allow_empty=False, help_text="Codes of categories, all of which a visitor must grant."
    )
    delay_s = serializers.IntegerField(
        min_value=0, max_value=LONGEST_DELAY_S, default=0, help_text="Seconds before the first attempt."
    )
    filter = FilterField(default=None, help_text="Which events are sent; null for all. See docs/filters.md.")
    filter_sentence = serializers.SerializerMethodField(help_text="The same for people.")
    mapping_changes = MappingChangesField(
        default=None, help_text="What fields of the vendor get instead. See docs/mapping-changes.md."
    )
    mapping_sentence = serializers.SerializerMethodField(help_text="The same for people.")
    max_age_s = serializers.IntegerField(
        min_value=1,
        max_value=LONGEST_AGE_S,
        allow_null=True,
        default=None,
        help_text="Seconds: older events are refused before sending, waiting ones too. Null: only the "
        "vendor's limit counts. Where both are set, the shorter.",
    )

    def get_filter_sentence(self, source: Any) -> str:
        return sentence(source.filter)

    def get_mapping_sentence(self, source: Any) -> str:
        return in_words(source.mapping_changes)

    @extend_schema_field(NAMES)
    def get_secrets_set(self, source: Any) -> list[str]:
        return sorted(name for name, value in source.secrets.items() if value not in (None, "", [], {}))


class DraftSerializer(Configuration):
    """A change that waits to be published."""

    staged_by = serializers.CharField(read_only=True)
    staged_at = serializers.DateTimeField(read_only=True)


class DestinationSerializer(Configuration):
    """A destination as it stands, with the change that waits to be published."""

    fixed = ("pipeline", "vendor")

    id = serializers.UUIDField(read_only=True)
    pipeline = VisibleField(Pipeline.objects.all(), permission="create:destination")
    enabled = serializers.BooleanField(read_only=True, help_text="See enable, disable and publish.")
    created_at = serializers.DateTimeField(read_only=True)
    staged = serializers.SerializerMethodField(help_text="Whether a change waits to be published.")
    draft = serializers.SerializerMethodField(help_text="That change.")

    def get_staged(self, destination: Destination) -> bool:
        return draft_of(destination) is not None

    @extend_schema_field(DraftSerializer(allow_null=True))
    def get_draft(self, destination: Destination) -> Any:
        draft = draft_of(destination)
        return DraftSerializer(draft, context=self.context).data if draft else None

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if not self.instance and ("vendor" in given) == ("vendor_revision" in given):
            raise serializers.ValidationError(
                {"vendor": "Name the vendor by its slug, or a vendor_revision."}
            )
        return given


def draft_of(destination: Destination) -> DestinationDraft | None:
    """The change that waits, when there is one."""
    return getattr(destination, "draft", None)


def new_destination(values: Mapping[str, Any]) -> Wanted:
    """A destination as a POST asks for it."""
    pipeline = values["pipeline"]
    revision = values.get("vendor_revision") or newest_called(values["vendor"], pipeline.organization_id)
    if revision is None:
        sentence = f'There is no vendor "{values["vendor"]}". GET /api/v1/vendors lists them.'
        raise serializers.ValidationError({"vendor": sentence})
    settings = _merged({}, values["settings"])
    _refuse_bad_settings(revision, settings)
    return Wanted(
        name=values.get("name") or revision.name,
        vendor_revision=revision,
        mode=values["mode"],
        values=settings,
        categories=_categories(pipeline, values["consent_categories"]),
        delay_s=values["delay_s"],
        filter=_filter(revision, values["filter"]),
        max_age_s=values["max_age_s"],
        mapping_changes=_changes(revision, values["mapping_changes"]),
    )


def changed_destination(
    pipeline: Pipeline, base: Destination | DestinationDraft, values: Mapping[str, Any]
) -> Wanted:
    """A destination or its draft with a PATCH laid over it."""
    wanted = wanted_of(base)
    revision = values.get("vendor_revision", wanted.vendor_revision)
    if _vendor(revision) != _vendor(wanted.vendor_revision):
        sentence = (
            f"Choose a revision of {wanted.vendor_revision.slug}: another vendor is another destination."
        )
        raise serializers.ValidationError({"vendor_revision": sentence})
    settings = _merged(wanted.values, values.get("settings", {}))
    _refuse_bad_settings(revision, settings)
    codes = values.get("consent_categories")
    return replace(
        wanted,
        name=values.get("name", wanted.name),
        vendor_revision=revision,
        mode=values.get("mode", wanted.mode),
        values=settings,
        categories=wanted.categories if codes is None else _categories(pipeline, codes),
        delay_s=values.get("delay_s", wanted.delay_s),
        filter=_filter(revision, values.get("filter", wanted.filter)),
        max_age_s=values.get("max_age_s", wanted.max_age_s),
        mapping_changes=_changes(revision, values.get("mapping_changes", wanted.mapping_changes)),
    )


def _merged(values: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in {**values, **given}.items() if value is not None}


def _vendor(revision: VendorRevision) -> tuple[Any, str]:
    return revision.organization_id, revision.slug


def _categories(pipeline: Pipeline, codes: list[str]) -> list[ConsentCategory]:
    rows = ConsentCategory.objects.filter(organization_id=pipeline.organization_id, code__in=codes)
    found = {one.code: one for one in rows}
    unknown = next((code for code in codes if code not in found), None)
    if unknown is not None:
        sentence = f'There is no consent category "{unknown}" in this organization.'
        raise serializers.ValidationError({"consent_categories": sentence})
    return list(found.values())


def _filter(revision: VendorRevision, document: Any) -> dict[str, Any]:
    refuse_bad_filter(document, revision.slug)
    return dict(document or {})


def _changes(revision: VendorRevision, documents: Any) -> list[Any]:
    return refuse_bad_changes(documents, compiled(revision)) if documents not in (None, []) else []


def _refuse_bad_settings(revision: VendorRevision, values: Mapping[str, Any]) -> None:
    """A sentence for each setting, pointing at it."""
    try:
        check_settings(revision, values)
    except Refusal as refused:
        raise serializers.ValidationError({"settings": refused.message_dict}) from None
