"""The base of every view: who asks, what it takes, one transaction for a write, headers on every answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from accounts.api.base import idempotency
from accounts.api.policy.permission import sentence
from accounts.core.principal import NOBODY, Principal


class ApiView(APIView):
    """Any view. `permission` is what it takes; empty is for everybody who is authenticated."""

    permission = ""
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]

    @property
    def principal(self) -> Principal:
        """Who asks."""
        return getattr(self.request, "auth", None) or NOBODY

    def permission_needed(self) -> str:
        """The permission of what is asked for now; empty when it takes none."""
        return self.permission

    def require(self, organization_id: UUID | None) -> None:
        """PermissionDenied unless the permission is held there; what is of no organization is the staff's."""
        needed = self.permission_needed()
        if organization_id is None:
            allowed = needed.startswith("read:") or needed in self.principal.everywhere
        else:
            allowed = self.principal.may(needed, organization_id)
        if needed and not allowed:
            raise PermissionDenied(sentence(needed))

    def given(self, serializer_class: type[BaseSerializer]) -> Any:
        """The validated body of an action."""
        serializer = serializer_class(
            data=self.request.data, context={"view": self, "request": self.request, "format": None}
        )
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """DRF's, with a write inside one transaction that an error rolls back."""
        self.args, self.kwargs = args, kwargs
        self.headers = self.default_response_headers
        request.encoding = "utf-8"  # JSON is; another charset in Content-Type may be no text encoding at all
        self.request = asked = self.initialize_request(request, *args, **kwargs)
        try:
            self.initial(asked, *args, **kwargs)
            handler = self._handler(asked)
            response = (
                handler(asked, *args, **kwargs)
                if asked.method in SAFE_METHODS
                else self._write(asked, handler)
            )
        except Exception as error:
            response = self.handle_exception(error)
        self.response = self.finalize_response(asked, response, *args, **kwargs)
        return self.response

    def finalize_response(
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        """What a token may still ask in this minute; and no copy of an answer is kept on the way."""
        response = super().finalize_response(request, response, *args, **kwargs)
        for name, value in getattr(request, "rate_headers", {}).items():
            response.headers[name] = value
        response.headers.setdefault("Cache-Control", "private, no-cache")
        return response

    def _handler(self, request: Request) -> Callable[..., HttpResponseBase]:
        name = (request.method or "").lower()
        if name not in self.http_method_names:
            return self.http_method_not_allowed
        handler: Callable[..., HttpResponseBase] = getattr(self, name, self.http_method_not_allowed)
        return handler

    @transaction.atomic
    def _write(self, request: Request, handler: Callable[..., HttpResponseBase]) -> HttpResponseBase:
        key = idempotency.asked(request, self.principal)
        kept = idempotency.begin(key) if key else None
        if kept is not None:
            return idempotency.replay(kept)
        response = handler(request, *self.args, **self.kwargs)
        if key:
            response = self.finalize_response(request, response, *self.args, **self.kwargs)
            assert isinstance(response, HttpResponse), "an answer that can be kept"
            idempotency.keep(key, response)
        return response
