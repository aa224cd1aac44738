"""The addresses of every page of the admin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.urls import reverse

from accounts.models import ApiToken, AuditEntry, Invitation, Member, Organization, User
from integrations.models import (
    Attempt,
    Cluster,
    ConsentCategory,
    DeliveryRecord,
    Destination,
    Event,
    FileBuild,
    FileDeployment,
    Pipeline,
    Replay,
    TrackingFile,
    VendorQuestionnaire,
    VendorRevision,
    WriteKey,
)
from tests.integrations.admin.files import make_live_file
from tests.integrations.admin.samples import Samples

MODELS = [
    Organization,
    User,
    Member,
    Invitation,
    ApiToken,
    AuditEntry,
    Cluster,
    Pipeline,
    WriteKey,
    ConsentCategory,
    VendorQuestionnaire,
    VendorRevision,
    Destination,
    Event,
    DeliveryRecord,
    Attempt,
    Replay,
    TrackingFile,
    FileBuild,
    FileDeployment,
]
LOGS = [Event, DeliveryRecord, Attempt]


def list_of(model: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_of(model: Any, object_id: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[object_id])


def add_of(model: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")


def pages(samples: Samples) -> Mapping[Any, str]:
    """One object page of each model, all in the samples' organization."""
    destination = samples.destinations["Held"]
    entry = AuditEntry.objects.filter(organization_id=samples.organization.id).latest("id")
    member = Member.objects.filter(organization=samples.organization).first()
    file = make_live_file(samples)
    ids = {
        Organization: samples.organization.id,
        Invitation: samples.invitation.id,
        ApiToken: samples.token.id,
        AuditEntry: entry.id,
        Cluster: samples.cluster.id,
        Pipeline: samples.pipeline.id,
        WriteKey: samples.key.id,
        ConsentCategory: samples.category.id,
        Destination: destination.id,
        Event: samples.event.id,
        DeliveryRecord: samples.deliveries["Held"],
        Attempt: samples.attempt.id,
        Replay: samples.replay.id,
        VendorQuestionnaire: samples.questionnaire.id,
        VendorRevision: destination.vendor_revision_id,
        TrackingFile: file.id,
        FileBuild: file.live_build_id,
        FileDeployment: file.deployments.first().id,
    }
    if member:
        ids |= {Member: member.id, User: member.user_id}
    return {model: page_of(model, object_id) for model, object_id in ids.items()}


def registered() -> set[Any]:
    """The models that the admin has pages for, of our own apps."""
    return {model for model in admin.site._registry if model._meta.app_label in ("accounts", "integrations")}
