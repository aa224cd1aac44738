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
    tcf_purposes = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=11),
        required=False,
        help_text="IAB TCF 2.2 purposes, all of which must be consented to, for example [1, 7].",
    )
    gpp_fields = serializers.ListField(
        child=serializers.CharField(max_length=200),
        required=False,
        help_text="IAB GPP fields, an opt-out in any of which refuses it, for example SaleOptOut.",
    )

    class Meta:
        model = ConsentCategory
        fields = [
            "id",
            "organization",
            "code",
            "name",
            "cmp_codes",
            "tcf_purposes",
            "gpp_fields",
            "is_sale_or_sharing",
        ]
        fixed = ["organization"]
        validators = []


class ConsentCategories(Configured):
    """What a visitor may grant or refuse. Destinations name categories by their codes."""

    noun = "consent_category"
    queryset = ConsentCategory.objects.all()
    serializer_class = ConsentCategorySerializer
    ordering = ("code", "id")
