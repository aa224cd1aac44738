"""The questionnaire behind its link: the vendor's team fills it in without signing in."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from accounts.core.principal import Kind, Principal
from accounts.sign_in import client_address
from integrations.core.questionnaire import read_answers
from integrations.forms.questionnaire import parts, posted_answers
from integrations.models import VendorQuestionnaire
from integrations.services.definition_trials import SAMPLE, read_event
from integrations.services.questionnaires import answer_by_link, find_by_link, try_event
from integrations.services.trial_page import trial_context
from integrations.services.wording import pretty

CLOSED = "This link has ended. Ask the company that sent it to you for a new one."
LONGEST_FORM = 100_000  # bytes


@never_cache
@require_http_methods(["GET", "POST"])
def vendor_questionnaire(request: HttpRequest, token: str) -> HttpResponse:
    """Answers are kept each time they are sent, for review by the company that asked."""
    questionnaire = find_by_link(token)
    if questionnaire is None:
        return _answer(request, {"closed": CLOSED}, status=410)
    if request.method == "GET":
        return _page(request, questionnaire)
    if int(request.META.get("CONTENT_LENGTH") or 0) > LONGEST_FORM:
        return _answer(request, {"closed": "The answers are too long. Go back and shorten them."}, status=413)
    if request.POST.get("go") == "try":
        questionnaire.answers = posted_answers(request.POST)
        questionnaire.answered_by = request.POST.get("answered_by", "").strip()
        return _page(request, questionnaire, **_tried(request, questionnaire))
    who = request.POST.get("answered_by", "").strip()
    answers = posted_answers(request.POST)
    if not answer_by_link(_somebody(request, who), token, answers, who):
        return _answer(request, {"closed": CLOSED}, status=410)
    return redirect(f"{reverse('vendor-questionnaire', args=[token])}?saved")


def _page(request: HttpRequest, questionnaire: VendorQuestionnaire, **tried: Any) -> HttpResponse:
    problems = read_answers(questionnaire.answers)[1] if questionnaire.answered_at or tried else []
    context = {
        "questionnaire": questionnaire,
        "parts": parts(questionnaire.answers, problems),
        "problems": problems,
        "saved": "saved" in request.GET,
        "event": pretty(SAMPLE),
        **tried,
    }
    return _answer(request, context)


def _tried(request: HttpRequest, questionnaire: VendorQuestionnaire) -> dict[str, Any]:
    """The answers and the event of this form, and nothing else: no data of the company that asks."""
    text = request.POST.get("try_event", "")
    try:
        trial = try_event(questionnaire, read_event(text))
    except ValidationError as refused:
        return {"event": text, "try_error": " ".join(refused.messages)}
    return {"event": text, **trial_context(trial.prepared, trial.requests, trial.sources)}


def _somebody(request: HttpRequest, name: str) -> Principal:
    """Who has the link; the name is what they say it is."""
    label = f"link of the questionnaire ({name[:100]})" if name else "link of the questionnaire"
    return Principal(kind=Kind.SYSTEM, id="", label=label, address=client_address(request))


def _answer(request: HttpRequest, context: dict[str, object], status: int = 200) -> HttpResponse:
    response = render(request, "integrations/vendor_questionnaire.html", context, status=status)
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "same-origin"  # without any, browsers send the form from an origin "null"
    return response
