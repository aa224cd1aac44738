"""Write keys: made, made primary and revoked, never changed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from accounts.admin.acting import may, principal
from accounts.admin.cells import chip, copyable
from accounts.admin.dialogs import finish
from accounts.admin.saving import Kept
from integrations.admin.cells import key_state, when
from integrations.admin.configured import ConfiguredAdmin
from integrations.models import WriteKey
from integrations.services.write_keys import create_write_key, make_primary, revoke_warning, revoke_write_key


class RevokeForm(BaseDialogForm):
    """Says when the key was last used, and for what, as that is what revoking breaks."""

    def render_before_template(self) -> str:
        key = WriteKey.objects.filter(id=self.object_id).first()
        used = when(key.last_used_at) if key and key.last_used_at else "never"
        told = format_html('<p class="mt-4">Last used: <strong>{}</strong>.</p>', used)
        warning = revoke_warning(key) if key else ""
        return told + format_html('<p class="mt-4 text-red-700 dark:text-red-500">{}</p>', warning)


@admin.register(WriteKey)
class WriteKeyAdmin(Kept, ConfiguredAdmin):
    organization_path = "pipeline__organization_id"
    noun = "write_key"
    list_display = ["copy", "pipeline", "state", "last_used", "created_at"]
    list_display_links = ["created_at"]
    list_select_related = ["pipeline"]
    search_fields = ["key"]
    actions = None
    actions_detail = ["use_as_primary", "revoke"]
    fields = ["pipeline", "key"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["pipeline", "copy", "state", "last_used", "created_at", "revoked_at"] if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return self.get_fields(request, obj) if obj else []

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        if "key" in form.base_fields:
            form.base_fields["key"].required = False
            form.base_fields["key"].help_text = "Leave it empty for a random one."
        return form

    def create_row(self, request: HttpRequest, obj: WriteKey, form: forms.ModelForm) -> None:
        obj.__dict__.update(create_write_key(principal(request), obj.pipeline, obj.key).__dict__)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only with its pipeline."""
        return may(request, "delete:pipeline", self.organization_id(obj))

    def has_revoke_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_open(request, obj) and self.allowed(request, "revoke", obj)

    def has_primary_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._is_open(request, obj) and self.allowed(request, "update", obj)

    def _is_open(self, request: HttpRequest, object_id: Any) -> bool:
        key = self.row(request, object_id) if object_id else None
        return key is None or key.revoked_at is None

    @display(description="key")
    def copy(self, key: WriteKey) -> str:
        return copyable(key.key)

    @display
    def state(self, key: WriteKey) -> str:
        return chip(key_state(key))

    @display(description="last used", ordering="last_used_at")
    def last_used(self, key: WriteKey) -> str:
        return when(key.last_used_at) if key.last_used_at else "never"

    @action(
        description="Make primary",
        permissions=["primary"],
        icon="star",
        dialog={
            "title": "Make this the primary key?",
            "description": "It then stands in files, addresses and webhooks. The other keys keep working.",
            "form_submit_text": "Make primary",
        },
    )
    def use_as_primary(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        key = self.visible_or_404(request, object_id)
        return finish(
            request, _page(key), f"{key} is the primary key.", lambda: make_primary(principal(request), key)
        )

    @action(
        description="Revoke",
        permissions=["revoke"],
        icon="block",
        variant=ActionVariant.DANGER,
        dialog={
            "title": "Revoke this key?",
            "description": "Senders that still use it get 401 from now on. This can't be undone.",
            "form_submit_text": "Revoke",
            "form_class": RevokeForm,
        },
    )
    def revoke(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        key = self.visible_or_404(request, object_id)
        return finish(
            request, _page(key), f"{key} is revoked.", lambda: revoke_write_key(principal(request), key)
        )


def _page(key: WriteKey) -> str:
    return reverse("admin:integrations_pipeline_change", args=[key.pipeline_id])
