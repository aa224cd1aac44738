"""Clusters: where data planes answer."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from integrations.admin.configured import ConfiguredAdmin
from integrations.models import Cluster


@admin.register(Cluster)
class ClusterAdmin(ConfiguredAdmin):
    noun = "cluster"
    fixed_fields = ["organization"]
    list_display = ["name", "region", "base_url", "organization"]
    list_select_related = ["organization"]
    search_fields = ["name", "base_url"]
    fields = ["organization", "name", "region", "base_url"]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "base_url":
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)
