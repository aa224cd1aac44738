"""The REST API's paths under /api/v1/: the apps' resources, the OpenAPI document and its docs page."""

from django.urls import URLPattern, URLResolver, include, path, re_path
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularYAMLAPIView

from accounts.api.docs_page import DocsPage
from accounts.api.not_found import NothingHere

urlpatterns: list[URLPattern | URLResolver] = [
    path("openapi.json", SpectacularJSONAPIView.as_view(throttle_classes=[]), name="openapi"),
    path("openapi.yaml", SpectacularYAMLAPIView.as_view(throttle_classes=[]), name="openapi_yaml"),
    path("docs/", DocsPage.as_view(url_name="openapi"), name="api_docs"),
    path("", include("accounts.api.urls")),
    path("", include("webhooks.api.urls")),
    path("", include("integrations.api.urls")),
    re_path("", NothingHere.as_view()),
]
