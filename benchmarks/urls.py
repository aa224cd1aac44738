"""The product's paths, and before them what they are compared with."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from benchmarks.obvious.views import take_batch, take_event


@csrf_exempt
def empty(request: HttpRequest) -> HttpResponse:
    """Does nothing: what is left is the server, Django and the project's middleware."""
    return HttpResponse()


urlpatterns = [
    path("empty/", empty),
    path("obvious/event/", take_event),
    path("obvious/batch/", take_batch),
    path("", include("s2sadmin.urls")),
]
