"""The base of resources: rows of one model, limited to what the principal may see."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from django.db.models import Model, QuerySet
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from accounts.api.base import etags
from accounts.api.base.view import ApiView
from accounts.api.policy import pagination
from accounts.api.policy.parameters import refuse_unknown
from accounts.api.policy.permission import VERBS
from accounts.services import access

Values = dict[str, Any]


class Resource(ApiView, GenericViewSet):
    """Rows of one model; see `accounts.api.base` for how to write one."""

    noun = ""
    verbs: Mapping[str, str] = {}  # action -> verb, where it differs from VERBS
    organization_path = "organization_id"
    ordering: str | tuple[str, ...] = "-id"
    volatile: Collection[str] = ()  # members of the representation that its ETag leaves out
    tagged = True  # whether the GET of one has an ETag
    parameters: Collection[str] = ()  # query parameters of the list, beside filters and pages

    def permission_needed(self) -> str:
        """`verb:noun` of the action; what an extra action declares comes first."""
        if self.permission or self.action in (None, "metadata"):
            return self.permission
        verb = {**VERBS, **self.verbs}.get(self.action)
        assert verb, f"{type(self).__name__}.{self.action} declares no permission"
        return f"{verb}:{self.noun}"

    def organization_id_of(self, row: Any) -> UUID | None:
        """The organization of a row; None for what is of none, and so everybody's to read."""
        for name in self.organization_path.split("__"):
            row = getattr(row, name, None)
        return row

    def get_queryset(self) -> QuerySet[Any]:
        """The rows that the principal may read. Of others nobody learns that they are there."""
        return access.visible(
            super().get_queryset(), self.principal, f"read:{self.noun}", self.organization_path
        )

    def get_object(self) -> Any:
        """The row of the path. In a write it is locked first, and If-Match is checked."""
        row = super().get_object()
        if self.request.method not in SAFE_METHODS:
            type(row)._base_manager.select_for_update(no_key=True).filter(pk=row.pk).first()
            row = super().get_object()
            etags.check_match(self.request, self.etag_of(self.representation_of(row)))
        return row

    def representation_of(self, row: Any) -> Mapping[str, Any]:
        """The row as `retrieve` shows it, whatever is asked for now."""
        serializer_class = self.serializer_class
        assert serializer_class is not None
        data: Mapping[str, Any] = serializer_class(row, context=self.get_serializer_context()).data
        return data

    def etag_of(self, representation: Mapping[str, Any]) -> str:
        """The tag of a representation."""
        return etags.etag_of(representation, self.volatile)

    def seen(self, representation: Mapping[str, Any]) -> Response:
        """What a GET of one answers: the representation with its tag, or 304 to whoever has it."""
        etag = self.etag_of(representation)
        if etags.is_known(self.request, etag):
            return Response(status=304, headers={"ETag": etag})
        return Response(representation, headers={"ETag": etag})

    def answer(self, row: Any, *, status: int = 200, extra: Mapping[str, Any] | None = None) -> Response:
        """The representation with its tag. `extra` is told this once, and is no part of it."""
        representation = self.representation_of(row)
        headers = {"ETag": self.etag_of(representation)}
        return Response({**representation, **(extra or {})}, status=status, headers=headers)


class Lists(ListModelMixin):
    """GET of all, by page."""

    def list(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        filterset = getattr(self, "filterset_class", None)
        filters = filterset.get_filters() if filterset else ()
        refuse_unknown(request, {*filters, *pagination.PARAMETERS, *self.parameters})
        return super().list(request, *args, **kwargs)


class Retrieves:
    """GET of one."""

    def retrieve(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.seen(self.representation_of(self.get_object()))


class Creates:
    """POST. `perform_create` makes the row by a service."""

    def create(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return self.answer(self.perform_create(serializer.validated_data), status=201)

    def perform_create(self, values: Values) -> Model:
        """The new row."""
        raise NotImplementedError


class Updates:
    """PATCH. `perform_update` changes the row by a service."""

    def partial_update(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        row = self.get_object()
        serializer = self.get_serializer(row, data=request.data, partial=True)
        serializer.is_valid(raise_exception=True)
        return self.answer(self.perform_update(row, serializer.validated_data))

    def perform_update(self, row: Any, values: Values) -> Model:
        """The changed row."""
        raise NotImplementedError


class Removes:
    """DELETE. `perform_destroy` removes the row by a service."""

    def destroy(self: Any, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.perform_destroy(self.get_object())
        return Response(status=204)

    def perform_destroy(self, row: Any) -> None:
        """Gone."""
        raise NotImplementedError
