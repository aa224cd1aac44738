"""Deployments: which build went live when, and by whom."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from unfold.decorators import display

from integrations.admin.cells import when
from integrations.admin.file_build import FileHistoryAdmin
from integrations.admin.file_history import BYTES
from integrations.admin.filters import FileFilter
from integrations.models import FileDeployment


@admin.register(FileDeployment)
class FileDeploymentAdmin(FileHistoryAdmin):
    """A deployment's page is its build's."""

    list_display = ["build", "pipeline", "kind", "deployed", "deployed_by"]
    list_select_related = ["build", "tracking_file__pipeline"]
    list_filter = [FileFilter]
    search_fields = ["deployed_by", "tracking_file__pipeline__name"]
    ordering = ["-deployed_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("build", "tracking_file__pipeline")
        return rows.defer(*(f"build__{name}" for name in BYTES))

    @display(description="what", label={"rollback": "warning", "upload": "info"})
    def kind(self, deployment: FileDeployment) -> tuple[str, str]:
        return ("rollback", "Rollback") if deployment.is_rollback else ("upload", "Upload")

    @display(description="when", ordering="deployed_at")
    def deployed(self, deployment: FileDeployment) -> str:
        return when(deployment.deployed_at)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        deployment = self.visible_or_404(request, object_id)
        if request.method == "POST":
            raise PermissionDenied
        return HttpResponseRedirect(
            reverse("admin:integrations_filebuild_change", args=[deployment.build_id])
        )
