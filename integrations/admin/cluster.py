"""Clusters: where data planes answer."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminTextInputWidget

from integrations.admin.configured import ConfiguredAdmin
from integrations.admin.setting_fields import CodesField
from integrations.models import Cluster


class ClusterForm(forms.ModelForm):
    sites = CodesField(
        label="Sites that may read the cross-domain id",
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Domains with all below them, separated by commas: shop.example, shop2.example. "
        "That of the base URL always may.",
    )

    class Meta:
        model = Cluster
        fields = ["sites"]


@admin.register(Cluster)
class ClusterAdmin(ConfiguredAdmin):
    noun = "cluster"
    form = ClusterForm
    fixed_fields = ["organization"]
    list_display = ["name", "region", "base_url", "organization"]
    list_select_related = ["organization"]
    search_fields = ["name", "base_url"]
    fields = ["organization", "name", "region", "base_url", "sites"]

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "base_url":
            kwargs["assume_scheme"] = "https"
        return super().formfield_for_dbfield(db_field, request, **kwargs)
