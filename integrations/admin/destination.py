"""Destinations: vendor accounts connected to pipelines."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.html import format_html
from unfold.decorators import display

from accounts.admin.acting import may, principal
from accounts.admin.colours import BREAKER_COLOURS
from accounts.admin.saving import locked
from integrations.admin.cells import (
    MODE_COLOURS,
    STATE_COLOURS,
    breaker_of,
    lane_of,
    state_of,
    when,
)
from integrations.admin.destination_actions import DestinationActions
from integrations.admin.destination_form import CATEGORIES_WIDGET, destination_form, mode_help
from integrations.admin.destination_trial import DestinationTrial
from integrations.admin.draft import differences_of, draft_of
from integrations.admin.filter_suggestions import ABOUT, suggestions
from integrations.admin.filter_trial import filter_addresses
from integrations.admin.filters import DraftFilter
from integrations.admin.mapping_trial import MappingTrialPage, mapping_offer
from integrations.admin.setting_fields import CLEAR, PREFIX, can_be_cleared
from integrations.core.filter import sentence
from integrations.core.vendor import Vendor
from integrations.core.vendor.changes.sentence import sentence as mapping_sentence
from integrations.core.vendor.changes.sentence import sentences as mapping_sentences
from integrations.models import BreakerMoment, Destination, DestinationDraft, Pipeline, VendorRevision
from integrations.services.destinations import (
    Wanted,
    change_destination,
    connect_destination,
    remove_destination,
)
from integrations.services.vendors import card, compiled
from integrations.services.waiting import NOTHING, waiting_of
from integrations.services.wording import relative, utc

STAGED = "_staged"  # on the request: whether what was saved waits for somebody to publish it
PUBLISHERS = "an Admin or a Deployment Manager"


@admin.register(Destination)
class DestinationAdmin(DestinationActions, DestinationTrial, MappingTrialPage):
    organization_path = "pipeline__organization_id"
    noun = "destination"
    fixed_fields = ["pipeline"]
    list_display = [
        "name",
        "pipeline",
        "vendor_revision",
        "mode_chip",
        "state",
        "breaker",
        "waiting",
        "oldest_waiting",
        "staged",
        "filtered",
    ]
    list_select_related = ["pipeline", "vendor_revision", "lane"]
    list_filter = ["mode", "enabled", DraftFilter]
    search_fields = ["name"]
    actions = None
    change_form_outer_before_template = "admin/integrations/destination/standing.html"

    # --- List ---
    def prepare_rows(self, request: HttpRequest, rows: list[Destination]) -> None:
        waiting = waiting_of(row.id for row in rows)
        drafts = DestinationDraft.objects.filter(destination__in=[row.id for row in rows])
        drafted = set(drafts.values_list("destination_id", flat=True))
        for row in rows:
            row.has_draft = row.id in drafted
            row.waits = waiting.get(row.id, NOTHING)

    @display(description="mode", label=MODE_COLOURS, ordering="mode")
    def mode_chip(self, destination: Destination) -> tuple[str, str]:
        return destination.mode, destination.get_mode_display()

    @display(description="filter")
    def filtered(self, destination: Destination) -> str:
        if not destination.filter:
            return "-"
        told = sentence(destination.filter)
        return format_html('<span class="s2s-clipped" title="{}">{}</span>', told, told)

    @display(label=STATE_COLOURS)
    def state(self, destination: Destination) -> tuple[str, str]:
        return state_of(destination)

    @display(label=BREAKER_COLOURS)
    def breaker(self, destination: Destination) -> tuple[str, str]:
        return breaker_of(destination)

    @display
    def waiting(self, destination: Any) -> str:
        held = f" ({destination.waits.held} held)" if destination.waits.held else ""
        return f"{destination.waits.count}{held}"

    @display(description="staged change", label={"draft": "warning"})
    def staged(self, destination: Any) -> tuple[str, str] | None:
        return ("draft", "Draft waiting") if destination.has_draft else None

    @display(description="oldest waiting")
    def oldest_waiting(self, destination: Any) -> str:
        return when(destination.waits.oldest_at)

    # --- Form ---
    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        source = self._source(request, obj)
        revision = source.vendor_revision if source else self._chosen_revision(request)
        form = super().get_form(request, obj, change, form=destination_form(revision, source), **kwargs)
        if "mode" in form.base_fields:
            form.base_fields["mode"].help_text = mode_help()
        if "filter" in form.base_fields:
            self._offer(form.base_fields, request, obj, revision)
        return form

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        source = self._source(request, obj)
        vendor = compiled(source.vendor_revision if source else self._chosen_revision(request))
        where = ["vendor_revision"] if obj else []
        own = self._setting_fields(vendor, source) if self._may_write(request, obj) else ["shown_settings"]
        return [
            (None, {"fields": [("pipeline", "name"), *where]}),
            (f"Settings of {vendor.name}", {"fields": own, "description": vendor.about}),
            ("Delivery", {"fields": ["mode", ("delay_s", "max_age_s")]}),
            ("Filter", {"fields": ["filter" if self._may_write(request, obj) else "shown_filter"]}),
            (
                "Mapping",
                {"fields": ["mapping_changes" if self._may_write(request, obj) else "shown_mapping"]},
            ),
            ("Consent", {"fields": ["consent_categories"]}),
        ]

    def _offer(self, fields: Any, request: HttpRequest, obj: Any, revision: VendorRevision) -> None:
        """What the editors of filter and mapping offer, and where they try what is typed."""
        pipeline = obj.pipeline if obj else self._chosen_pipeline(request)
        shows = pipeline is not None and may(request, "read:events", pipeline.organization_id)
        offered = suggestions(pipeline, shows_personal_data=shows)
        fields["filter"].widget.context = {**offered, **filter_addresses(obj, revision)}
        paths = [one for one in offered["fields"] if one[0] not in ABOUT]
        offer = mapping_offer(request, pipeline, obj, revision)
        fields["mapping_changes"].widget.context = {**offer, "paths": paths}

    def _chosen_pipeline(self, request: HttpRequest) -> Pipeline | None:
        """The pipeline in the address of a form that connects."""
        rows = self.admin_site.get_model_admin(Pipeline).get_queryset(request)
        try:
            return rows.filter(id=request.GET.get("pipeline") or None).first()
        except (ValueError, forms.ValidationError):
            return None

    def _setting_fields(self, vendor: Vendor, source: Any) -> list[Any]:
        """A secret that can be cleared stands on one line with its switch."""
        secrets = source.secrets if source else {}
        return [
            (PREFIX + name, CLEAR + name)
            if can_be_cleared(setting, is_set=bool(secrets.get(name)))
            else PREFIX + name
            for name, setting in vendor.settings.items()
        ]

    def _source(self, request: HttpRequest, obj: Any) -> Destination | DestinationDraft | None:
        """What the form begins with: who stages goes on from what waits already."""
        stages = (
            obj is not None and self._may_write(request, obj) and not self.allowed(request, "publish", obj)
        )
        return (draft_of(obj) or obj) if stages else obj

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "shown_settings", "shown_filter", "shown_mapping"]

    @display(description="which events")
    def shown_filter(self, destination: Destination) -> str:
        """For those who may not change it."""
        return sentence(destination.filter)

    @display(description="mapping changes")
    def shown_mapping(self, destination: Destination) -> str:
        """For those who may not change them."""
        return mapping_sentence(destination.mapping_changes)

    @display(description="settings")
    def shown_settings(self, destination: Destination) -> str:
        """For those who may not change them: secrets only as set or not."""
        declared = compiled(destination.vendor_revision).settings.values()
        lines = [f"{field.label}: {self._shown(field, destination)}" for field in declared]
        return "\n".join(lines) or "None"

    def _shown(self, field: Any, destination: Destination) -> str:
        if field.secret:
            return "•••• (set)" if destination.secrets.get(field.name) else "not set"
        return str(
            destination.settings.get(field.name, field.default if field.default is not None else "not set")
        )

    def _may_write(self, request: HttpRequest, obj: Any) -> bool:
        return self.has_change_permission(request, obj) if obj else self.has_add_permission(request)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "vendor_revision":
            kwargs["queryset"] = self._revisions_of_the_vendor(request)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["widget"] = CATEGORIES_WIDGET
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def _revisions_of_the_vendor(self, request: HttpRequest) -> Any:
        destination = self.row(request, request.resolver_match.kwargs.get("object_id", ""))
        if destination is None:
            return VendorRevision.objects.none()
        pinned = destination.vendor_revision
        return VendorRevision.objects.filter(slug=pinned.slug, organization_id=pinned.organization_id)

    # --- Adding in two steps: the vendor first, as it says what the form asks ---
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if "vendor_revision" not in request.GET:
            return self._vendor_choice(request)
        vendor = compiled(self._chosen_revision(request))
        context = {"title": f"Connect {vendor.name}", **(extra_context or {})}
        return super().add_view(request, form_url, context)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Named after its vendor, as in the API."""
        given: dict[str, Any] = super().get_changeform_initial_data(request)
        return {"name": compiled(self._chosen_revision(request)).name, **given}

    def _vendor_choice(self, request: HttpRequest) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "Which vendor?",
            "vendors": [(revision, card(revision)) for revision in self._newest_revisions(request)],
            "pipeline": request.GET.get("pipeline", ""),
        }
        return TemplateResponse(request, "admin/integrations/destination/vendors.html", context)

    def _newest_revisions(self, request: HttpRequest) -> list[VendorRevision]:
        newest = self._revisions(request).order_by("organization_id", "slug", "-revision")
        return sorted(newest.distinct("organization_id", "slug"), key=lambda revision: revision.name.lower())

    def _revisions(self, request: HttpRequest) -> Any:
        return self.admin_site.get_model_admin(VendorRevision).get_queryset(request)

    def _chosen_revision(self, request: HttpRequest) -> VendorRevision:
        known = request.__dict__.get("_revision")
        if known is None:
            try:
                known = self._revisions(request).filter(id=request.GET.get("vendor_revision")).first()
            except (ValueError, forms.ValidationError):
                known = None
            if known is None:
                raise Http404("No such vendor revision.")
            request.__dict__["_revision"] = known
        return known

    # --- Saving ---
    def save_model(self, request: HttpRequest, obj: Destination, form: Any, change: bool) -> None:
        if not self.allowed(request, "update" if change else "create", obj):
            raise PermissionDenied
        wanted = Wanted(
            name=obj.name,
            vendor_revision=obj.vendor_revision,
            mode=obj.mode,
            values=form.values,
            categories=form.cleaned_data["consent_categories"],
            delay_s=obj.delay_s,
            max_age_s=obj.max_age_s,
            filter=obj.filter,
            mapping_changes=obj.mapping_changes,
        )
        if change:
            request.__dict__[STAGED] = not change_destination(principal(request), locked(obj), wanted)
        else:
            obj.__dict__.update(connect_destination(principal(request), obj.pipeline, wanted).__dict__)
            request.__dict__[STAGED] = not obj.enabled

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The service wrote the categories already, or staged them."""

    def response_add(
        self, request: HttpRequest, obj: Destination, post_url_continue: Any = None
    ) -> HttpResponse:
        if request.__dict__[STAGED]:
            messages.warning(request, f"{obj.name} is connected and off until {PUBLISHERS} enables it.")
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: Destination) -> HttpResponse:
        if not request.__dict__[STAGED]:
            return super().response_change(request, obj)
        messages.warning(request, f"Staged: it is in force once {PUBLISHERS} publishes it.")
        return HttpResponseRedirect(request.path)

    def remove_row(self, request: HttpRequest, obj: Destination) -> None:
        remove_destination(principal(request), obj)

    # --- How it stands ---
    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        destination = self.row(request, object_id)
        standing = self._standing(request, destination) if destination else {}
        return super().change_view(request, object_id, form_url, {**(extra_context or {}), **standing})

    def _standing(self, request: HttpRequest, destination: Destination) -> dict[str, Any]:
        lane, draft, now = lane_of(destination), draft_of(destination), timezone.now()
        open_until = lane.breaker_open_until if lane and lane.breaker_state != "closed" else None
        return {
            "destination": destination,
            "draft": draft,
            "filter_sentence": sentence(destination.filter),
            "mapping_sentences": mapping_sentences(destination.mapping_changes),
            "changes": differences_of(draft) if draft else [],
            "may_publish": self.allowed(request, "publish", destination),
            "may_stage": self.has_change_permission(request, destination),
            "lane": lane,
            "state": state_of(destination),
            "has_test_mode": compiled(destination.vendor_revision).test_mode.supported,
            "breaker": breaker_of(destination),
            "probe": f"{relative(open_until, now=now)}, at {utc(open_until)}" if open_until else "",
            "waits": waiting_of([destination.id]).get(destination.id, NOTHING),
            "moments": list(BreakerMoment.objects.filter(destination=destination)[:5]),
        }
