"""Questionnaires: a vendor is described by answers, checked as it is typed in, and made by a click."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateformat import format as date_format
from unfold.decorators import display

from accounts.admin.acting import principal
from accounts.admin.filters import OrganizationFilter
from accounts.admin.scoped import ScopedAdmin
from accounts.admin.shown_once import shown_once
from integrations.admin.cells import when
from integrations.forms.questionnaire import parts, posted_answers
from integrations.models import VendorQuestionnaire, VendorRevision
from integrations.services import questionnaires
from integrations.services.definition_trials import first_event, read_event
from integrations.services.trial_page import trial_context
from integrations.services.wording import pretty

COLOURS = {"review": "warning", "out": "info", "made": "success", "open": "info"}
SAVED = "Answers saved."
TO_DO = "Answers saved. Before a vendor can be made of them, look at what is marked below."
LINK = "it is not shown again. The vendor's team needs no account, and has until {ends}. A new one ends it."


def state_of(questionnaire: VendorQuestionnaire) -> tuple[str, str]:
    """Whose turn it is: a key and its words."""
    if questionnaire.answered_at:
        return "review", "Answers to review"
    expires = questionnaire.link_expires_at
    if expires and expires > timezone.now():
        return "out", "Link is out"
    return ("made", "Vendor made") if questionnaire.revision_id else ("open", "Being filled in")


@admin.register(VendorQuestionnaire)
class VendorQuestionnaireAdmin(ScopedAdmin):
    noun = "vendor"
    list_display = ["name", "organization", "state", "answered", "changed"]
    list_select_related = ["organization", "revision"]
    list_filter = [OrganizationFilter]
    search_fields = ["name", "slug"]
    actions = None
    fields = ["organization", "name"]

    @display(label=COLOURS)
    def state(self, questionnaire: VendorQuestionnaire) -> tuple[str, str]:
        return state_of(questionnaire)

    @display(description="answered by link")
    def answered(self, questionnaire: VendorQuestionnaire) -> str:
        return questionnaire.answered_by or "-"

    @display(description="changed")
    def changed(self, questionnaire: VendorQuestionnaire) -> str:
        return when(questionnaire.changed_at)

    # --- Writing ---
    def create_row(self, request: HttpRequest, obj: VendorQuestionnaire, form: Any) -> None:
        made = questionnaires.start(principal(request), obj.organization, obj.name)
        obj.__dict__.update(made.__dict__)

    def remove_row(self, request: HttpRequest, obj: VendorQuestionnaire) -> None:
        questionnaires.remove(principal(request), obj)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        one_button = {"show_save_and_add_another": False, "show_save_and_continue": False}
        context = {"title": "Describe a vendor", **(extra_context or {}), **one_button}
        return super().add_view(request, form_url, context)

    def response_add(self, request: HttpRequest, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        return HttpResponseRedirect(_page_of(obj))

    # --- The questionnaire ---
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        questionnaire = self.visible_or_404(request, object_id)
        if request.method != "POST":
            return self._page(request, questionnaire)
        may_update = self.allowed(request, "update", questionnaire)
        by, go = principal(request), request.POST.get("go", "save")
        if go == "try":
            if may_update:  # for others the answers are shown, and not sent
                questionnaire.answers = posted_answers(request.POST)
            return self._page(request, questionnaire, **_tried(request, questionnaire))
        if not may_update:
            raise PermissionDenied
        if go == "withdraw":
            questionnaires.withdraw_link(by, questionnaire)
            messages.success(request, "The link has ended.")
            return HttpResponseRedirect(_page_of(questionnaire))
        questionnaires.save_answers(by, questionnaire, posted_answers(request.POST))
        if go == "link":
            link = questionnaires.make_link(by, questionnaire)
            why = LINK.format(ends=date_format(questionnaire.link_expires_at, "j F Y, H:i") + " UTC")
            return shown_once(request, self, f"Link for {questionnaire.name}", why, link)
        if go == "make":
            return self._make(request, questionnaire)
        made = questionnaires.outcome(questionnaire)
        (messages.success if made.vendor else messages.warning)(request, SAVED if made.vendor else TO_DO)
        return HttpResponseRedirect(_page_of(questionnaire))

    def _make(self, request: HttpRequest, questionnaire: VendorQuestionnaire) -> HttpResponse:
        verb = "update" if questionnaire.revision_id else "create"
        if not self.allowed(request, verb, questionnaire):
            raise PermissionDenied
        try:
            revision = questionnaires.make_revision(principal(request), questionnaire)
        except ValidationError as refused:
            messages.error(request, " ".join(refused.messages))
            return HttpResponseRedirect(_page_of(questionnaire))
        messages.success(request, f"{revision} is made. Destinations can be connected to it.")
        return HttpResponseRedirect(reverse("admin:integrations_vendorrevision_change", args=[revision.pk]))

    def _page(self, request: HttpRequest, questionnaire: VendorQuestionnaire, **tried: Any) -> HttpResponse:
        made = questionnaires.outcome(questionnaire)
        is_begun = set(questionnaire.answers) != {"name"}
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": questionnaire,
            "title": f"Questionnaire of {questionnaire.name}",
            "questionnaire": questionnaire,
            "state": state_of(questionnaire),
            "parts": parts(questionnaire.answers, made.problems if is_begun else ()),
            "made": made,
            "may_update": self.allowed(request, "update", questionnaire),
            "may_delete": self.has_delete_permission(request, questionnaire),
            "revision": _visible_revision(questionnaire),
            "event": pretty(first_event(made.vendor)),
            **tried,
        }
        return TemplateResponse(request, "admin/integrations/vendorquestionnaire/page.html", context)


def _tried(request: HttpRequest, questionnaire: VendorQuestionnaire) -> dict[str, Any]:
    """A pasted event through the answers as they stand in the form; nothing is kept."""
    text = request.POST.get("try_event", "")
    try:
        trial = questionnaires.try_event(questionnaire, read_event(text))
    except ValidationError as refused:
        return {"event": text, "try_error": " ".join(refused.messages)}
    return {"event": text, **trial_context(trial.prepared, trial.requests, trial.sources)}


def _visible_revision(questionnaire: VendorQuestionnaire) -> VendorRevision | None:
    revision = questionnaire.revision
    return revision if revision and revision.organization_id == questionnaire.organization_id else None


def _page_of(questionnaire: VendorQuestionnaire) -> str:
    return reverse("admin:integrations_vendorquestionnaire_change", args=[questionnaire.pk])
