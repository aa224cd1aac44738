"""Clusters: where pipelines' data planes answer."""

from __future__ import annotations

from rest_framework import serializers

from accounts.api.base import ApiModelSerializer, OrganizationField
from integrations.api.configured import Configured
from integrations.models import Cluster


class ClusterSerializer(ApiModelSerializer):
    organization = OrganizationField()

    sites = serializers.ListField(
        child=serializers.CharField(max_length=253),
        required=False,
        help_text="Domains whose pages may read the cross-domain id, each with all below it: shop.example.",
    )

    class Meta:
        model = Cluster
        fields = ["id", "organization", "name", "region", "base_url", "sites"]
        fixed = ["organization"]
        validators = []


class Clusters(Configured):
    """Where a pipeline's data plane answers: the base of every URL that is shown and of every file built."""

    noun = "cluster"
    queryset = Cluster.objects.all()
    serializer_class = ClusterSerializer
    ordering = ("name", "id")
