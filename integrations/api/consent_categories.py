"""Consent categories: what a visitor may grant or refuse."""

from __future__ import annotations

from rest_framework import serializers

from accounts.api.base import ApiModelSerializer, OrganizationField
from integrations.api.configured import Configured
from integrations.models import ConsentCategory


class ConsentCategorySerializer(ApiModelSerializer):
    organization = OrganizationField()
    cmp_codes = serializers.ListField(
        child=serializers.CharField(max_length=200),
        required=False,
        help_text="What consent platforms call it, for example C0004.",
    )

    class Meta:
        model = ConsentCategory
        fields = ["id", "organization", "code", "name", "cmp_codes", "is_sale_or_sharing"]
        fixed = ["organization"]
        validators = []


class ConsentCategories(Configured):
    """What a visitor may grant or refuse. Destinations name categories by their codes."""

    noun = "consent_category"
    queryset = ConsentCategory.objects.all()
    serializer_class = ConsentCategorySerializer
    ordering = ("code", "id")
