"""Which path belongs to whom."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from s2sadmin.health import healthz, readyz

urlpatterns = [
    path("healthz", healthz),
    path("readyz", readyz),
    path("admin/", admin.site.urls),
    path("", RedirectView.as_view(url="/admin/", permanent=False)),
    path("", include("integrations.ingest.urls")),
]
