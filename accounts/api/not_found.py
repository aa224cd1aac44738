"""Paths under /api/v1/ that lead nowhere."""

from __future__ import annotations

from typing import Any

from rest_framework.exceptions import NotFound
from rest_framework.request import Request

from accounts.api.base import ApiView


class NothingHere(ApiView):
    """A problem instead of a page."""

    schema = None
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound
