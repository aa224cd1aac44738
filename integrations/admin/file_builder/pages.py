"""The builder's pages: a step is shown, and saved into the draft whichever way it is left."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse

from accounts.admin.acting import may, principal
from accounts.admin.saving import locked
from accounts.admin.scoped import ScopedAdmin
from integrations.admin.file_builder.custom_sync import new_sync
from integrations.admin.file_builder.review import review_of
from integrations.admin.file_builder.step import Ground
from integrations.admin.file_builder.steps import STEPS, Step, named, progress
from integrations.admin.file_builder.weight import weight_of
from integrations.core.tracking_file.problem import Problem
from integrations.models import TrackingFile
from integrations.services.tracking_files.builds import build
from integrations.services.tracking_files.drafts import draft_of, save_draft
from integrations.services.tracking_files.resolve import BadDraft, check, endpoint_url

SAVED = "Draft saved. Nothing changes for visitors until a build of it is uploaded."
ENDED = "Draft saved. {} has ended: nothing is on the cluster any more, and its endpoint answers 404."
KEPT = "Not saved: look at what is marked below, and save again."
LOOK = "Draft saved. Before a file can be built, look at what is marked below."


class FileBuilder(ScopedAdmin):
    """The steps as pages of a tracking file, and the sizes that they show while somebody types."""

    def get_urls(self) -> list[URLPattern]:
        own = [
            path(
                f"<path:object_id>/{step.name}/",
                self.admin_site.admin_view(self._view(step)),
                name=f"integrations_trackingfile_{step.name}",
            )
            for step in STEPS
        ]
        weigh = self.admin_site.admin_view(self.sizes_view)
        own.append(path("<path:object_id>/sizes/", weigh, name="integrations_trackingfile_sizes"))
        return [*own, *super().get_urls()]

    def _view(self, step: Step) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, object_id: str) -> HttpResponse:
            file = self.visible_or_404(request, object_id)
            if request.method == "POST":
                return self._build(request, file) if step.form is None else self._save(request, file, step)
            return self._page(request, file, step)

        return view

    # --- Showing ---
    def _page(
        self,
        request: HttpRequest,
        file: TrackingFile,
        step: Step,
        form: Any = None,
        refused: Sequence[Problem] = (),
        asks_to_end: str = "",
    ) -> HttpResponse:
        ground = Ground(file, draft_of(file))
        problems = check(file).problems
        told = [*refused, *(problems if file.draft_saved_at or step.form is None else ())]
        if step.form and form is None:
            form = step.form(ground)
        weight = weight_of(file, ground.draft)
        if form is not None:
            form.tell(told)
            form.price(weight.costs)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": file,
            "title": f"File Builder: {file.pipeline}",
            "file": file,
            "step": step,
            "marks": progress(step, told),
            "form": form,
            "may_update": self.allowed(request, "update", file),
            "may_see_categories": may(request, "read:consent_category", ground.pipeline.organization_id),
            "endpoint": endpoint_url(file.pipeline),
            "is_on_cluster": ground.draft["settings"]["hosting"] == "cluster",
            "sizes": weight.in_words(),
            "asks_to_end": asks_to_end,
            **(review_of(ground, problems) if step.form is None else {}),
        }
        return TemplateResponse(request, f"admin/integrations/trackingfile/{step.name}.html", context)

    # --- Saving ---
    @transaction.atomic
    def _save(self, request: HttpRequest, file: TrackingFile, step: Step) -> HttpResponse:
        if not self.allowed(request, "update", file):
            raise PermissionDenied
        stored = locked(file)
        ground = Ground(file, draft_of(stored))
        form = step.form(ground, request.POST)  # type: ignore[misc]
        if sentence := _moved(stored, request.POST.get("read_at", "")):
            messages.warning(request, sentence)
            return self._page(request, stored, step, form)
        go, live, section = request.POST.get("go", "save"), stored.live_build, form.section()
        if self._would_end(request, stored, step, section):
            messages.warning(request, _question(stored))
            return self._page(request, stored, step, form, asks_to_end=str(live))
        try:
            problems = save_draft(principal(request), stored, {step.member: _section(section, go)})
        except BadDraft as refused:
            messages.error(request, KEPT)
            return self._page(request, stored, step, form, refused.problems)
        form.ground = Ground(stored, draft_of(stored))
        has_ended = live is not None and stored.live_build is None
        if has_ended:
            messages.warning(request, ENDED.format(live))
        if not form.is_valid() or (go == "next" and _are_errors(problems, step)):
            messages.warning(request, LOOK)
            return self._page(request, stored, step, form)
        if go == "save" and not has_ended:
            messages.success(request, SAVED)
        return HttpResponseRedirect(_next_page(stored, step, go))

    def _would_end(self, request: HttpRequest, file: TrackingFile, step: Step, section: Any) -> bool:
        """Whether saving ends what is live, and whoever saves may do that and was not asked yet."""
        is_meant = request.POST.get("ends") == str(file.live_build)
        return (
            file.live_build is not None
            and step.member == "settings"
            and section.get("hosting") == "manual"
            and not is_meant
            and self.allowed(request, "deploy", file)
        )

    def _build(self, request: HttpRequest, file: TrackingFile) -> HttpResponse:
        if not self.allowed(request, "update", file):
            raise PermissionDenied
        try:
            made = build(principal(request), file)
        except ValidationError as refused:
            messages.error(request, " ".join(refused.messages))
            return HttpResponseRedirect(_address(file, STEPS[-1]))
        if made is None:
            messages.info(request, "No new build: it would be the same, byte for byte, as the newest one.")
        else:
            messages.success(request, f"{made} is made. Look at it, then bring it to visitors from here.")
        return HttpResponseRedirect(reverse("admin:integrations_trackingfile_change", args=[file.pk]))

    # --- Sizes while typing ---
    def sizes_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The sizes of what stands in a step's form, which is not saved; without a form, of the draft."""
        file = self.visible_or_404(request, object_id)
        step = named(request.POST.get("step", ""))
        draft = draft_of(file)
        if step and step.form:
            draft = {**draft, step.member: step.form(Ground(file, draft), request.POST).section()}
        return JsonResponse(weight_of(file, draft).in_words())


def _section(section: dict[str, Any], go: str) -> dict[str, Any]:
    """What was typed, with a custom sync more or less where the button says so."""
    what, _, which = go.partition(":")
    if what == "add":
        section["custom"].append(new_sync(which))
    elif what == "remove":
        section["custom"] = [one for index, one in enumerate(section["custom"]) if str(index) != which]
    return section


def _next_page(file: TrackingFile, step: Step, go: str) -> str:
    what = go.partition(":")[0]
    if what == "add":
        return f"{_address(file, step)}#custom-{len(draft_of(file)['syncs']['custom']) - 1}"
    ways = {"next": step.after, "back": step.before, "save": step, "remove": step}
    return _address(file, ways.get(what) or named(what) or step)


def _address(file: TrackingFile, step: Step) -> str:
    return reverse(f"admin:integrations_trackingfile_{step.name}", args=[file.pk])


def _question(file: TrackingFile) -> str:
    return (
        f"{file.live_build} is live on the cluster. Manual Deployment ends that at once: pages and CDNs that "
        f"load {endpoint_url(file.pipeline)} get 404. Nothing is saved yet: save once more if that is meant."
    )


def _moved(file: TrackingFile, read_at: str) -> str:
    """Whether somebody saved since the form was opened, in a sentence."""
    now = file.draft_saved_at.isoformat() if file.draft_saved_at else ""
    if now == read_at:
        return ""
    return (
        f"{file.draft_saved_by} saved this draft after you had opened this page. Your step is not saved yet: "
        "look at the other steps, and save once more to keep what stands here."
    )


def _are_errors(problems: Sequence[Problem], step: Step) -> bool:
    return any(not one.is_warning for one in problems if one.path[:1] == (step.member,))
