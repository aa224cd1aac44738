"""Where requests come from, for firewalls that let only known addresses in."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import ApiSerializer, ApiView
from webhooks.services.egress import egress


class EgressSerializer(ApiSerializer):
    """The addresses that this installation sends from."""

    addresses = serializers.ListField(child=serializers.CharField(), help_text="Addresses or ranges (CIDR).")
    sentence = serializers.CharField(help_text="What the list is worth.")


class EgressAddresses(ApiView):
    """The addresses that webhooks and vendor requests come from."""

    permission = "read:webhook_config"

    @extend_schema(operation_id="egress_addresses_retrieve", responses=EgressSerializer)
    def get(self, request: Request) -> Response:
        return Response(EgressSerializer(egress()).data)
