"""Pipelines: sources of events, with their write keys and destinations."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html_join
from unfold.decorators import action, display
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from accounts.admin.acting import may, principal
from accounts.admin.cells import chip, copyable, dialog_button, link
from accounts.admin.scoped import WindowInline
from integrations.admin.cells import breaker_of, key_state, state_of, when
from integrations.admin.configured import ConfiguredAdmin
from integrations.models import Destination, Pipeline, TrackingFile, WriteKey
from integrations.services.destinations import remove_destination
from integrations.services.write_keys import create_write_key


class PipelineForm(forms.ModelForm):
    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        organization = cleaned.get("organization") or getattr(self.instance, "organization", None)
        cluster = cleaned.get("cluster")
        if cluster and organization and cluster.organization_id != organization.id:
            self.add_error(
                "cluster", f"This cluster is not one of {organization}: choose one of its clusters."
            )
        return cleaned


class NewKeyForm(BaseDialogForm):
    key = forms.CharField(
        label="Key",
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text="Leave it empty for a random one. Your own: 8 to 128 letters, digits, _ and -.",
    )


class WriteKeyInline(WindowInline):
    model = WriteKey
    organization_path = "pipeline__organization_id"
    noun = "write_key"
    fields = readonly_fields = ["copy", "state", "last_used", "buttons"]
    show_change_link = False
    hide_title = True

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        self.organization = obj.organization_id if obj else None
        self.request = request
        return super().get_formset(request, obj, **kwargs)

    @display(description="key")
    def copy(self, key: WriteKey) -> str:
        return copyable(key.key)

    @display
    def state(self, key: WriteKey) -> str:
        return chip(key_state(key))

    @display(description="last used")
    def last_used(self, key: WriteKey) -> str:
        return when(key.last_used_at) if key.last_used_at else "never"

    @display(description="")
    def buttons(self, key: WriteKey) -> str:
        if key.revoked_at:
            return ""
        shown = []
        if not key.is_primary and may(self.request, "update:write_key", self.organization):
            shown.append(dialog_button("integrations_writekey_use_as_primary", key.id, "Make primary"))
        if may(self.request, "revoke:write_key", self.organization):
            shown.append(dialog_button("integrations_writekey_revoke", key.id, "Revoke", "s2s-danger"))
        return format_html_join(" ", "{}", ((button,) for button in shown))


class DestinationInline(WindowInline):
    model = Destination
    organization_path = "pipeline__organization_id"
    noun = "destination"
    fields = readonly_fields = ["page", "vendor_revision", "mode_word", "state", "breaker"]
    show_change_link = False
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("vendor_revision", "lane")

    @display(description="name")
    def page(self, destination: Destination) -> str:
        return link("integrations_destination_change", destination.id, destination.name)

    @display(description="mode")
    def mode_word(self, destination: Destination) -> str:
        return chip((destination.mode, destination.get_mode_display()))

    @display
    def state(self, destination: Destination) -> str:
        return chip(state_of(destination))

    @display
    def breaker(self, destination: Destination) -> str:
        return chip(breaker_of(destination))


@admin.register(Pipeline)
class PipelineAdmin(ConfiguredAdmin):
    noun = "pipeline"
    fixed_fields = ["organization"]
    form = PipelineForm
    list_display = ["name", "kind_chip", "environment_chip", "enabled", "cluster", "organization"]
    list_select_related = ["cluster", "organization"]
    list_filter = ["kind", "environment", "enabled"]
    search_fields = ["name"]
    inlines = [WriteKeyInline, DestinationInline]
    actions_detail = ["tracking_file", "create_key", "connect"]
    readonly_fields = ["ingestion_url"]
    fieldsets = [
        (None, {"fields": ["name", ("organization", "cluster"), ("kind", "environment"), "enabled"]}),
        ("Consent", {"fields": [("consent_policy", "honours_gpc")]}),
        ("Answers", {"fields": ["answers_207"]}),
    ]

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        first, *others = self.fieldsets
        if obj is None:
            return self.fieldsets
        return [first, ("Events go to", {"fields": ["ingestion_url"]}), *others]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return self.inlines if obj else []

    def remove_row(self, request: HttpRequest, obj: Pipeline) -> None:
        """Its destinations go first, so that what waits for them is cancelled with a reason."""
        for destination in obj.destinations.select_related("pipeline"):
            remove_destination(principal(request), destination)
        super().remove_row(request, obj)

    def has_tracking_file_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """To see the file; to start one of a web pipeline, where there is none yet."""
        pipeline = self.row(request, obj) if obj else None
        if pipeline is None:
            return False
        if _file_of(pipeline):
            return may(request, "read:tracking_file", pipeline.organization_id)
        is_web = pipeline.kind == Pipeline.Kind.WEB
        return is_web and may(request, "update:tracking_file", pipeline.organization_id)

    def has_create_key_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_there(request, "create:write_key", obj)

    def has_connect_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may_there(request, "create:destination", obj)

    def _may_there(self, request: HttpRequest, permission: str, object_id: Any) -> bool:
        pipeline = self.row(request, object_id) if object_id else None
        return pipeline is not None and may(request, permission, pipeline.organization_id)

    @display(description="kind", label=True)
    def kind_chip(self, pipeline: Pipeline) -> str:
        return pipeline.get_kind_display()

    @display(description="environment", label={"production": "success", "staging": "warning"})
    def environment_chip(self, pipeline: Pipeline) -> tuple[str, str]:
        return pipeline.environment, pipeline.get_environment_display()

    @display(description="base URL of this cluster")
    def ingestion_url(self, pipeline: Pipeline) -> str:
        return copyable(pipeline.cluster.base_url.rstrip("/"))

    @action(description="Tracking file", permissions=["tracking_file"], icon="data_object")
    def tracking_file(self, request: HttpRequest, object_id: str) -> HttpResponse:
        file = _file_of(self.visible_or_404(request, object_id))
        if file:
            return HttpResponseRedirect(reverse("admin:integrations_trackingfile_change", args=[file.id]))
        return HttpResponseRedirect(f"{reverse('admin:integrations_trackingfile_add')}?pipeline={object_id}")

    @action(
        description="Create write key",
        permissions=["create_key"],
        icon="key",
        dialog={
            "title": "Create a write key",
            "description": "Senders can use it beside the others at once.",
            "form_submit_text": "Create",
            "form_class": NewKeyForm,
        },
    )
    def create_key(self, request: HttpRequest, form: NewKeyForm, object_id: str) -> HttpResponse:
        create = partial(create_write_key, key=form.cleaned_data["key"])
        return self.carry_out(request, object_id, create, "The key can be used.")

    @action(
        description="Connect a destination",
        permissions=["connect"],
        icon="add_link",
        variant=ActionVariant.PRIMARY,
    )
    def connect(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return HttpResponseRedirect(f"{reverse('admin:integrations_destination_add')}?pipeline={object_id}")


def _file_of(pipeline: Pipeline) -> TrackingFile | None:
    """The pipeline's tracking file, when there is one."""
    return TrackingFile.objects.filter(pipeline=pipeline).first()
