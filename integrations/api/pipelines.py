"""Pipelines: sources of events, each in one environment and one cluster."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django_filters import filters
from rest_framework import serializers

from accounts.api.base import ApiModelSerializer, Filters, OrganizationField, VisibleField
from accounts.api.base.fields import UNSEEN
from integrations.api.configured import Configured
from integrations.models import Cluster, Pipeline


class PipelineSerializer(ApiModelSerializer):
    organization = OrganizationField(read_only=True, help_text="Its cluster's.")
    cluster = VisibleField(Cluster.objects.select_related("organization"), permission="read:cluster")

    class Meta:
        model = Pipeline
        fields = [
            "id",
            "organization",
            "cluster",
            "name",
            "kind",
            "environment",
            "enabled",
            "consent_policy",
            "honours_gpc",
            "answers_207",
            "created_at",
        ]
        validators = []

    def validate_cluster(self, cluster: Cluster) -> Cluster:
        """A pipeline stays in its organization."""
        if self.instance and cluster.organization_id != self.instance.organization_id:
            raise serializers.ValidationError(UNSEEN, "does_not_exist")
        return cluster


class PipelineFilters(Filters):
    cluster = filters.UUIDFilter("cluster_id")
    environment = filters.ChoiceFilter(choices=Pipeline.Environment.choices)


class Pipelines(Configured):
    """One source of events (web, iOS, Android, server) in one environment, in exactly one cluster."""

    noun = "pipeline"
    queryset = Pipeline.objects.all()
    serializer_class = PipelineSerializer
    filterset_class = PipelineFilters
    ordering = ("-created_at", "-id")

    def perform_create(self, values: dict[str, Any]) -> Model:
        organization = values["cluster"].organization
        self.require(organization.id)
        return super().perform_create({**values, "organization": organization})
