"""The base of configuration rows: made, changed and removed by `integrations.services.configuration`."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

from accounts.api.base import Conflict, Creates, Lists, Removes, Resource, Retrieves, Updates
from integrations.services import configuration


class Configured(Lists, Retrieves, Creates, Updates, Removes, Resource):
    """Rows whose fields are all there is to them."""

    def perform_create(self, values: dict[str, Any]) -> Model:
        assert self.queryset is not None
        row: Model = self.queryset.model(**values)
        configuration.create(self.principal, row)
        return row

    def perform_update(self, row: Model, values: dict[str, Any]) -> Model:
        changed: Model = configuration.update(self.principal, row, values)
        return changed

    def perform_destroy(self, row: Model) -> None:
        try:
            configuration.remove(self.principal, row)
        except ValidationError as needed:
            raise Conflict(" ".join(needed.messages)) from None
