"""Paths of resources: no slash at the end, no index."""

from __future__ import annotations

from rest_framework.routers import SimpleRouter


class Router(SimpleRouter):
    """`router.register("pipelines", Pipelines, "pipeline")`"""

    def __init__(self) -> None:
        super().__init__(trailing_slash=False)
