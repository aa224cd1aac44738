"""The docs page: the OpenAPI document in Swagger UI, from our own files."""

from __future__ import annotations

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.utils.decorators import method_decorator
from drf_spectacular.views import SpectacularSwaggerSplitView


@method_decorator(csp_update({"style-src": [SELF, UNSAFE_INLINE]}), "dispatch")
class DocsPage(SpectacularSwaggerSplitView):
    """Swagger UI sets styles inline; its script is a file of its own."""

    throttle_classes = ()
    title = "s2sadmin API"
