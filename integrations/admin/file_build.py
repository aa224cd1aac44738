"""Builds: what one is made of, what it changed, and how it goes live."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from accounts.admin.acting import principal
from accounts.admin.dialogs import finish
from accounts.admin.scoped import OnlyLookedAt, ScopedAdmin
from integrations.admin.cells import when
from integrations.admin.file_builder.weight import kilobytes
from integrations.admin.file_history import BYTES, upload_words
from integrations.admin.filters import FileFilter
from integrations.models import FileBuild
from integrations.services.tracking_files.deployments import deploy, why_not_deployable
from integrations.services.tracking_files.differences import between
from integrations.services.tracking_files.resolve import endpoint_url


class UploadForm(BaseDialogForm):
    """Shows what visitors get, and what that changes for them."""

    form_before_template = "admin/integrations/filebuild/upload_dialog.html"

    def get_before_template_context(self, request: HttpRequest, object_id: Any = None) -> dict[str, Any]:
        build = FileBuild.objects.select_related("tracking_file__pipeline__cluster").get(id=object_id)
        file = build.tracking_file
        live = file.live_build
        return {
            "build": build,
            "file": file,
            "live": live,
            "is_rollback": bool(live and build.number < live.number),
            "endpoint": endpoint_url(file.pipeline),
            "differences": between(live, build) if live and live != build else None,
        }


class FileHistoryAdmin(OnlyLookedAt, ScopedAdmin):
    """What was done with tracking files: read-only, newest first."""

    organization_path = "tracking_file__pipeline__organization_id"
    noun = "tracking_file"
    actions = None
    list_per_page = 50

    def organization_id(self, obj: Any) -> Any:
        return obj.tracking_file.pipeline.organization_id if obj is not None else None

    @display(description="tracking file", ordering="tracking_file__pipeline__name")
    def pipeline(self, row: Any) -> str:
        return str(row.tracking_file.pipeline)


@admin.register(FileBuild)
class FileBuildAdmin(FileHistoryAdmin):
    list_display = ["__str__", "pipeline", "made", "made_by", "size", "short_hash"]
    list_select_related = ["tracking_file__pipeline"]
    list_filter = [FileFilter]
    search_fields = ["made_by", "sha256", "tracking_file__pipeline__name"]
    ordering = ["-made_at"]
    actions_detail = ["upload"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("tracking_file__pipeline__cluster")
        return rows.defer(*BYTES)

    def get_urls(self) -> list[URLPattern]:
        content = self.admin_site.admin_view(self.content_view)
        own = path("<path:object_id>/content/", content, name="integrations_filebuild_content")
        return [own, *super().get_urls()]

    @display(description="made", ordering="made_at")
    def made(self, build: FileBuild) -> str:
        return when(build.made_at)

    @display(description="size (gzip)", ordering="size_gzip")
    def size(self, build: FileBuild) -> str:
        return kilobytes(build.size_gzip)

    @display(description="SHA-256")
    def short_hash(self, build: FileBuild) -> str:
        return build.sha256[:12]

    # --- One build ---
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        build = self.visible_or_404(request, object_id)
        if request.method == "POST":
            raise PermissionDenied
        file = build.tracking_file
        live = file.live_build
        before = file.builds.filter(number__lt=build.number).first()
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": build,
            "title": f"{build} of {file.pipeline}",
            "build": build,
            "file": file,
            "is_live": live == build,
            "upload": upload_words(file, build),
            "may_upload": self.has_upload_permission(request, object_id),
            "refusal": why_not_deployable(file),
            "sizes": [kilobytes(size) for size in (build.size, build.size_gzip, build.size_brotli)],
            "comparisons": _comparisons(build, before, live),
            "deployments": build.deployments.all(),
            "content": bytes(build.content).decode(),
        }
        return TemplateResponse(request, "admin/integrations/filebuild/page.html", context)

    def content_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The build's bytes as a file to keep."""
        build = self.visible_or_404(request, object_id)
        answer = HttpResponse(bytes(build.content), content_type="application/javascript; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="{_file_name(build)}"'
        return answer

    # --- Upload and rollback ---
    def has_upload_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Where nothing stands in the way but the build's being live already, which may be repeated."""
        build = self.row(request, obj) if obj else None
        if build is None or not self.allowed(request, "deploy", build):
            return False
        return not why_not_deployable(build.tracking_file)

    @action(
        description="Upload File to Cluster",
        permissions=["upload"],
        icon="cloud_upload",
        dialog={
            "title": "Bring this build to visitors?",
            "description": "",
            "form_submit_text": "Upload File to Cluster",
            "form_class": UploadForm,
        },
    )
    def upload(self, request: HttpRequest, form: UploadForm, object_id: str) -> HttpResponse:
        build = self.visible_or_404(request, object_id)
        file = build.tracking_file
        url = reverse("admin:integrations_trackingfile_change", args=[file.id])
        done = (
            f"{build} is live at the Cluster File Endpoint. Purge the CDN in front of it to follow at once."
        )
        return finish(request, url, done, lambda: deploy(principal(request), file, build))


def _comparisons(build: FileBuild, before: FileBuild | None, live: FileBuild | None) -> list[tuple[str, Any]]:
    """The differences from the build before and from the live one, each once."""
    pairs = [("the build before", before)] if before else []
    if live and live != build and live != before:
        pairs.insert(0, ("the live file", live))
    return [(f"{words}, {one}", between(one, build)) for words, one in pairs]


def _file_name(build: FileBuild) -> str:
    """Neutral: blockers look for words such as analytics."""
    return f"site-{build.number}-{build.sha256[:8]}.js"
