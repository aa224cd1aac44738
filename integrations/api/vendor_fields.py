"""The fields of a vendor that a destination's mapping changes can reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rest_framework import serializers
from rest_framework.response import Response

from accounts.api.base import ApiSerializer
from integrations.core.vendor import DefinitionError
from integrations.core.vendor.changes.outputs import fields_by_rule, rules_by_field
from integrations.models import VendorRevision
from integrations.services.catalogue import CatalogueError
from integrations.services.vendors import compiled


class ChangeableFieldSerializer(ApiSerializer):
    """A field of the vendor's file."""

    field = serializers.CharField(help_text="As mapping changes name it.")  # type: ignore[assignment]
    rules = serializers.ListField(child=serializers.CharField(), help_text="The rules that send it.")


class ChangeableFieldsSerializer(ApiSerializer):
    """What mapping changes can name, in the order of the vendor's file."""

    vendor_revision = serializers.UUIDField()
    rules = serializers.ListField(
        child=serializers.CharField(), help_text="All rules whose fields can be changed."
    )
    fields = ChangeableFieldSerializer(many=True)  # type: ignore[assignment]
    problem = serializers.CharField(help_text="Why this revision can't be used; empty when it can.")


def changeable_fields(revision: VendorRevision) -> Response:
    """The answer for a revision; one that does not compile any more lists nothing and says why."""
    by_rule: Mapping[str, Sequence[str]] = {}
    problem = ""
    try:
        by_rule = fields_by_rule(compiled(revision).document)
    except (DefinitionError, CatalogueError) as error:
        problem = str(error)
    answer = {
        "vendor_revision": revision.pk,
        "rules": list(by_rule),
        "fields": [{"field": name, "rules": rules} for name, rules in rules_by_field(by_rule).items()],
        "problem": problem,
    }
    return Response(ChangeableFieldsSerializer(answer).data)
