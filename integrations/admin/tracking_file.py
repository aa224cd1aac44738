"""Tracking files: their list, the start of a new one, and File Summary."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Max, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from accounts.admin.acting import principal
from accounts.services import access
from integrations.admin.cells import when
from integrations.admin.file_builder.fields import number
from integrations.admin.file_builder.pages import FileBuilder
from integrations.admin.file_builder.settings_step import KINDS
from integrations.admin.file_history import BYTES, build_rows
from integrations.core.tracking_file.checking import State
from integrations.models import Pipeline, TrackingFile
from integrations.services.tracking_files.checker import NothingToCheck, check_hosting
from integrations.services.tracking_files.deployments import why_not_deployable
from integrations.services.tracking_files.drafts import draft_of, file_of, save_draft, set_cache_seconds
from integrations.services.tracking_files.resolve import endpoint_url
from integrations.services.tracking_files.snippet import snippet_of
from integrations.services.tracking_files.standing import standing_of

STATE_COLOURS = {"live": "success", "waiting": "warning", "none": "info"}
LEVELS = {State.CURRENT: messages.SUCCESS, State.STALE: messages.WARNING}
SHOWN = 10  # builds and deployments on File Summary


class CacheForm(BaseDialogForm):
    seconds = number(
        "Seconds",
        "300 lets a deployment reach everybody within five minutes. 3600 suits a file that seldom changes.",
        usual=300,
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        file = TrackingFile.objects.filter(id=self.object_id).first()
        self.fields["seconds"].initial = file.cache_seconds if file else None


@admin.register(TrackingFile)
class TrackingFileAdmin(FileBuilder):
    """Files are never deleted by themselves: they go with their pipeline."""

    organization_path = "pipeline__organization_id"
    noun = "tracking_file"
    list_display = ["pipeline", "state", "live", "newest", "draft_saved", "organization"]
    search_fields = ["pipeline__name"]
    ordering = ["pipeline__name"]
    actions = None
    actions_detail = ["cache_lifetime", "check_hosting_url"]

    def organization_id(self, obj: Any) -> Any:
        return obj.pipeline.organization_id if obj is not None else None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        related = ("pipeline__organization", "pipeline__cluster", "live_build")
        rows = super().get_queryset(request).select_related(*related)
        return rows.defer(*(f"live_build__{name}" for name in BYTES))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allowed(request, "update")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    # --- List ---
    def prepare_rows(self, request: HttpRequest, rows: list[Any]) -> None:
        numbers = TrackingFile.objects.filter(id__in=[row.id for row in rows])
        newest = dict(numbers.values_list("id").annotate(number=Max("builds__number")))
        for row in rows:
            row.newest_number = newest.get(row.id)

    @display(label=STATE_COLOURS)
    def state(self, file: Any) -> tuple[str, str]:
        if file.live_build is None:
            return ("waiting", "Built, not live") if file.newest_number else ("none", "Not built yet")
        is_newest = file.live_build.number == file.newest_number
        return ("live", "Live") if is_newest else ("waiting", "Newer build waits")

    @display(description="live")
    def live(self, file: TrackingFile) -> str:
        return f"Build {file.live_build.number}" if file.live_build else "-"

    @display(description="newest build")
    def newest(self, file: Any) -> str:
        return f"Build {file.newest_number}" if file.newest_number else "-"

    @display(description="draft saved")
    def draft_saved(self, file: TrackingFile) -> str:
        return when(file.draft_saved_at)

    @display(description="organization")
    def organization(self, file: TrackingFile) -> str:
        return str(file.pipeline.organization)

    # --- A new one ---
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """A pipeline is chosen, then what the file should do."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        pipelines = self._pipelines(request)
        chosen = _by_id(pipelines, request.POST.get("pipeline") or request.GET.get("pipeline"))
        if request.method == "POST" and chosen:
            return self._start(request, chosen, request.POST.get("kind", ""))
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"Tracking file of {chosen}" if chosen else "Which pipeline?",
            "pipelines": pipelines.select_related("organization"),
            "chosen": chosen,
            "kinds": KINDS,
        }
        return TemplateResponse(request, "admin/integrations/trackingfile/start.html", context)

    def _pipelines(self, request: HttpRequest) -> QuerySet[Pipeline]:
        """Web pipelines where the user may configure a file and there is none yet."""
        free = Pipeline.objects.filter(tracking_file=None, kind=Pipeline.Kind.WEB)
        return access.visible(free, principal(request), "update:tracking_file", "organization_id")

    def _start(self, request: HttpRequest, pipeline: Pipeline, kind: str) -> HttpResponse:
        try:
            file = file_of(pipeline)
            if kind:
                save_draft(principal(request), file, {"settings": {"kind": kind}})
        except ValidationError as refused:
            messages.error(request, " ".join(refused.messages))
            return HttpResponseRedirect(request.get_full_path())
        return HttpResponseRedirect(reverse("admin:integrations_trackingfile_settings", args=[file.pk]))

    # --- File Summary ---
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        file = self.visible_or_404(request, object_id)
        if request.method == "POST":  # nothing is changed here but by the buttons
            raise PermissionDenied
        standing, refusal = standing_of(file), why_not_deployable(file)
        build = standing.live or standing.newest
        settings = draft_of(file)["settings"]
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": file,
            "title": f"Tracking file of {file.pipeline}",
            "file": file,
            "standing": standing,
            "endpoint": endpoint_url(file.pipeline),
            "hosting_url": settings["file_hosting_url"],
            "is_on_cluster": settings["hosting"] == "cluster",
            "refusal": refusal,
            "may_update": self.allowed(request, "update", file),
            "may_deploy": self.allowed(request, "deploy", file),
            "snippet": snippet_of(file, build) if build else None,
            "snippet_build": build,
            "builds": build_rows(file, file.builds.all()[:SHOWN]),
            "more_builds": file.builds.count() > SHOWN,
            "deployments": file.deployments.select_related("build")[:SHOWN],
            "more_deployments": file.deployments.count() > SHOWN,
        }
        return TemplateResponse(request, "admin/integrations/trackingfile/summary.html", context)

    def has_cache_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is not None and self.allowed(request, "update", obj)

    @action(
        description="Cache lifetime",
        permissions=["cache"],
        icon="schedule",
        dialog={
            "title": "How long may browsers and CDNs keep the file?",
            "description": "In force at once, without a build. A CDN may have a rule of its own.",
            "form_submit_text": "Save",
            "form_class": CacheForm,
        },
    )
    def cache_lifetime(self, request: HttpRequest, form: CacheForm, object_id: str) -> HttpResponse:
        seconds = form.cleaned_data["seconds"]
        keep = partial(set_cache_seconds, seconds=seconds)
        done = f"Browsers and CDNs may keep the file for {seconds} s."
        return self.carry_out(request, object_id, keep, done)

    @action(description="Check the File Hosting URL", permissions=["cache"], icon="network_check")
    def check_hosting_url(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Changes nothing: the address is fetched once, and what was found is said on File Summary."""
        file = self.visible_or_404(request, object_id)
        try:
            finding = check_hosting(file)
        except NothingToCheck as first:
            messages.info(request, str(first))
        else:
            messages.add_message(request, LEVELS.get(finding.state, messages.ERROR), finding.sentence)
            for warning in finding.warnings:
                messages.warning(request, warning)
        url = reverse("admin:integrations_trackingfile_change", args=[object_id])
        return HttpResponseRedirect(url)


def _by_id(pipelines: QuerySet[Pipeline], wanted: Any) -> Pipeline | None:
    try:
        return pipelines.filter(id=wanted).first() if wanted else None
    except (ValueError, ValidationError):
        return None
