"""The operators' page: whether intake and sending are on, who lives, and what is left to send."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from accounts.admin.acting import principal
from delivery.queue import database_now
from integrations.models import OperatorSwitch
from integrations.services.draining import left
from integrations.services.heartbeats import life
from integrations.services.switches import Switch, may_look, may_operate, start, stop
from integrations.services.wording import relative

TITLES = {Switch.INTAKE: "Intake of events", Switch.SENDING: "Sending"}
MEANS = {
    Switch.INTAKE: "Stopped, senders are answered 503 with Retry-After; tracking files are served as always.",
    Switch.SENDING: (
        "While it is stopped, deliveries and webhooks wait; requests under way are still recorded."
    ),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Question:
    """What is asked before everybody is stopped, what a yes means, and the word on its button."""

    title: str
    means: str
    yes: str


REFUSED = "Senders of every organization are answered 503 with Retry-After until the intake is started again"
QUESTIONS = {
    "intake": Question(
        title="Stop the intake of this installation?",
        means=f"{REFUSED}: those that don't repeat their requests lose events. What was taken is still sent.",
        yes="Stop the intake",
    ),
    "sending": Question(
        title="Stop all sending of this installation?",
        means="Deliveries, webhooks and test sends of every organization wait until sending is started. "
        "Events are still taken, and requests under way are still recorded.",
        yes="Stop all sending",
    ),
    "drain": Question(
        title="Drain this installation?",
        means=f"{REFUSED}. Sending is started where it is stopped: what can be sent goes to the vendors.",
        yes="Drain",
    ),
}


def operations(request: HttpRequest) -> HttpResponse:
    """For staff of the installation; a POST switches: `switch`, `do` (stop, start or drain), `reason`.

    `?ask=intake` (or sending, drain) asks first; it switches nothing.
    """
    by = principal(request)
    if not may_look(by):
        raise PermissionDenied
    if request.method == "POST":
        _switch(request)
        return HttpResponseRedirect(reverse("operations"))
    asked = request.GET.get("ask", "")
    if asked in QUESTIONS and may_operate(by):
        return _question(request, asked)
    now, rows = database_now(), {row.name: row for row in OperatorSwitch.objects.all()}
    lives, rest = life(now=now), left()
    context = {
        **admin.site.each_context(request),
        "title": "Operations",
        "switches": [
            {"name": one.value, "title": TITLES[one], "means": MEANS[one], "row": rows.get(one.value)}
            for one in Switch
        ],
        "may_operate": may_operate(by),
        "life": lives,
        "beat": relative(min(lives.beat_at, now), now=now) if lives.beat_at else "",
        "left": rest,
        "oldest": relative(min(rest.oldest_at, now), now=now) if rest.oldest_at else "none",
    }
    return TemplateResponse(request, "admin/operations.html", context)


def _question(request: HttpRequest, asked: str) -> HttpResponse:
    context = {
        **admin.site.each_context(request),
        "title": QUESTIONS[asked].title,
        "question": QUESTIONS[asked],
        "switch": asked,
        "do": "drain" if asked == "drain" else "stop",
        "reason": request.GET.get("reason", "").strip()[:500],
    }
    return TemplateResponse(request, "admin/operations_question.html", context)


def _switch(request: HttpRequest) -> None:
    by, reason = principal(request), request.POST.get("reason", "").strip()[:500]
    match request.POST.get("do"), request.POST.get("switch"):
        case "stop", ("intake" | "sending") as name:
            stop(by, Switch(name), reason)
            messages.warning(request, f"{TITLES[Switch(name)]}: stopped everywhere within a second.")
        case "start", ("intake" | "sending") as name:
            start(by, Switch(name))
            messages.success(request, f"{TITLES[Switch(name)]}: on again everywhere within a second.")
        case "drain", _:
            stop(by, Switch.INTAKE, reason or "The installation is being drained.")
            start(by, Switch.SENDING)
            messages.warning(
                request, "Intake stops, and what can be sent is sent. This page shows what is left."
            )
        case _:
            messages.error(request, "Nothing was switched: choose what to stop, start or drain.")
