"""Invitations: places that wait for their person."""

from __future__ import annotations

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import (
    ApiModelSerializer,
    Conflict,
    Filters,
    Lists,
    OrganizationField,
    Removes,
    Resource,
    Retrieves,
)
from accounts.core.permissions import Role
from accounts.models import Invitation, Member
from accounts.services.giving import refuse_beyond
from accounts.services.members import invite, open_invitations, withdraw


class InvitationSerializer(ApiModelSerializer):
    """A place in an organization, open for 7 days."""

    organization = OrganizationField()
    role = serializers.ChoiceField(choices=Member.ROLES)

    class Meta:
        model = Invitation
        fields = [
            "id",
            "organization",
            "email",
            "role",
            "invited_by",
            "created_at",
            "expires_at",
            "accepted_at",
        ]
        read_only_fields = ["id", "invited_by", "created_at", "expires_at", "accepted_at"]


class NewInvitationSerializer(InvitationSerializer):
    """The invitation with its link, which is told this once."""

    link = serializers.CharField(
        read_only=True, help_text="To hand over. Empty when the installation sent it by mail."
    )

    class Meta(InvitationSerializer.Meta):
        fields = [*InvitationSerializer.Meta.fields, "link"]


class InvitationFilters(Filters):
    organization = django_filters.UUIDFilter()
    email = django_filters.CharFilter(lookup_expr="iexact")
    open = django_filters.BooleanFilter(method="only_open", help_text="Whether it can be accepted now.")

    def only_open(self, queryset: QuerySet[Invitation], name: str, value: bool) -> QuerySet[Invitation]:
        is_open = Q(accepted_at=None, expires_at__gt=timezone.now())
        return queryset.filter(is_open if value else ~is_open)


class Invitations(Lists, Retrieves, Removes, Resource):
    """Whoever opens the link with the invited address joins. DELETE withdraws what was not accepted yet."""

    noun = "member"
    queryset = Invitation.objects.select_related("organization")
    serializer_class = InvitationSerializer
    filterset_class = InvitationFilters
    ordering = ("-created_at", "-id")

    @extend_schema(responses={201: NewInvitationSerializer})
    def create(self, request: Request) -> Response:
        """Invite a person by e-mail address. An earlier open invitation of the same address is replaced."""
        values = self.given(InvitationSerializer)
        organization, role = values["organization"], Role(values["role"])
        refuse_beyond(self.principal, organization.pk, role=role)
        invitation, link = invite(self.principal, organization, email=values["email"], role=role)
        return self.answer(invitation, status=201, extra={"link": link})

    def perform_destroy(self, row: Invitation) -> None:
        if not open_invitations().filter(pk=row.pk).exists():
            raise Conflict("This invitation was accepted or is over: there is nothing to withdraw.")
        withdraw(self.principal, row)
