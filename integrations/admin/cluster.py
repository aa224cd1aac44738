"""Clusters: where data planes answer."""

from __future__ import annotations

from django.contrib import admin

from accounts.admin.scoped import ScopedAdmin
from integrations.models import Cluster


@admin.register(Cluster)
class ClusterAdmin(ScopedAdmin):
    noun = "cluster"
    fixed_fields = ["organization"]
    list_display = ["name", "region", "base_url", "organization"]
    list_select_related = ["organization"]
    search_fields = ["name", "base_url"]
    fields = ["organization", "name", "region", "base_url"]
