"""The base of configuration rows: made, changed and removed by `integrations.services.configuration`."""

from __future__ import annotations

from typing import Any

from django.db.models import Model
from django.http import HttpRequest

from accounts.admin.acting import principal
from accounts.admin.saving import changed_in
from accounts.admin.scoped import ScopedAdmin
from integrations.services import configuration


class ConfiguredAdmin(ScopedAdmin):
    """Rows whose fields are all there is to them."""

    def create_row(self, request: HttpRequest, obj: Model, form: Any) -> None:
        configuration.create(principal(request), obj)

    def update_row(self, request: HttpRequest, obj: Model, form: Any) -> None:
        configuration.update(principal(request), obj, changed_in(form, obj))

    def remove_row(self, request: HttpRequest, obj: Model) -> None:
        configuration.remove(principal(request), obj)
