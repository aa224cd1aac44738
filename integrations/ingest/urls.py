"""Django's paths to the doors, each with and without a slash at the end."""

from __future__ import annotations

from django.urls import URLPattern, path

from integrations.ingest.routes import ROUTES
from integrations.ingest.views import ingest_view

urlpatterns: list[URLPattern] = [
    path(route.removeprefix("/") + slash, ingest_view) for route in ROUTES for slash in ("", "/")
]
