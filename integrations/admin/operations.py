"""The operators' page: whether intake and sending are on, who lives, and what is left to send."""

from __future__ import annotations

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
    Switch.SENDING: "Stopped, deliveries and webhooks wait; requests that fly are still recorded.",
}


def operations(request: HttpRequest) -> HttpResponse:
    """For staff of the installation; a POST switches: `switch`, `do` (stop, start or drain), `reason`."""
    by = principal(request)
    if not may_look(by):
        raise PermissionDenied
    if request.method == "POST":
        _switch(request)
        return HttpResponseRedirect(reverse("operations"))
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
        "beat": relative(lives.beat_at, now=now) if lives.beat_at else "",
        "left": rest,
        "oldest": relative(rest.oldest_at, now=now) if rest.oldest_at else "none",
    }
    return TemplateResponse(request, "admin/operations.html", context)


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
