"""Personal tokens: what programs of one user prove themselves with. They never do more than the user may."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import Conflict, Lists, OrganizationField, Removes, Resource, Retrieves
from accounts.api.policy.permission import sentence
from accounts.api.tokens import NewTokenSerializer, TokenFilters, TokenSerializer
from accounts.core.principal import Kind
from accounts.models import ApiToken, Organization, User
from accounts.services.tokens import issue_token, revoke_token

NOBODY = "This token is the organization's, and no user stands behind it: sign in, or use a personal one."


class PlaceField(OrganizationField):
    """An organization of which the principal is a member."""

    def get_queryset(self) -> QuerySet[Any]:
        return Organization.objects.filter(pk__in=self.principal.granted)

    def permitted(self) -> frozenset[UUID]:
        return frozenset(self.principal.granted)


class PersonalTokenSerializer(TokenSerializer):
    """A token of the user who asks, in one organization."""

    organization = PlaceField()


class NewPersonalTokenSerializer(NewTokenSerializer):
    """The token with its text, which is told this once."""

    organization = PlaceField()


class PersonalTokens(Lists, Retrieves, Removes, Resource):
    """One's own tokens; every member has some, whatever the role.

    Signed in, it takes no permission. A personal token sees and revokes itself, and the others with
    `read:token`, `create:token` and `revoke:token`: who stole one must not make more of it.
    """

    noun = "token"
    queryset = ApiToken.objects.select_related("user")
    serializer_class = PersonalTokenSerializer
    filterset_class = TokenFilters
    ordering = ("-created_at", "-id")
    volatile = ("last_used_at",)

    def permission_needed(self) -> str:
        return ""

    def get_queryset(self) -> QuerySet[ApiToken]:
        by = self.principal
        if not by.person:
            return ApiToken.objects.none()
        own = ApiToken.objects.select_related("user").filter(user=by.person, organization__in=by.granted)
        return own if self._may("read") else own.filter(pk=by.id)

    @extend_schema(request=PersonalTokenSerializer, responses={201: NewPersonalTokenSerializer})
    def create(self, request: Request) -> Response:
        """Issue a token of your own. Its text is in this answer and never again."""
        values = self.given(PersonalTokenSerializer)
        by = self.principal
        if not by.person:
            raise Conflict(NOBODY)
        if not self._may("create"):
            raise PermissionDenied(sentence("create:token"))
        user = User.objects.get(pk=by.person)
        token, text = issue_token(by, user=user, **{"expires_at": by.ends_at, **values})
        return self.answer(token, status=201, extra={"token": text})

    def perform_destroy(self, row: ApiToken) -> None:
        if str(row.pk) != self.principal.id and not self._may("revoke"):
            raise PermissionDenied(sentence("revoke:token"))
        revoke_token(self.principal, row)

    def _may(self, verb: str) -> bool:
        return self.principal.kind is Kind.USER or self.principal.may(f"{verb}:token")
