"""Two organizations with a row of every model; each text of the first one's rows has MARK in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db.models import Model, QuerySet
from django.utils import timezone

from accounts.core.permissions import ALL_PERMISSIONS, Role, permissions_of
from accounts.models import ApiToken, AuditEntry, IdempotencyKey, Invitation, Member, Organization, User
from accounts.services.tokens import issue_token
from integrations import models as rows
from integrations.models import Destination, DestinationDraft, Event, VendorRevision, WriteKey
from integrations.services.tracking_files.builds import build
from integrations.services.tracking_files.deployments import deploy
from integrations.services.tracking_files.drafts import file_of, save_draft
from tests.integrations.admin.samples import BY, Samples, make_samples, make_user
from tests.walks.messages import PATHS, make_webhook
from webhooks.models import MessageDeliveryRecord

MARK = "xyzzy"
APPS = ("accounts", "webhooks", "integrations")

Rows = Callable[[Organization], QuerySet[Any]]


def by(path: str, model: type[Model]) -> Rows:
    """The rows whose organization's id is at this path."""
    return lambda organization: model._base_manager.filter(**{path: organization.id})


def _users(organization: Organization) -> QuerySet[User]:
    return User.objects.filter(memberships__organization=organization)


def _keys(organization: Organization) -> QuerySet[IdempotencyKey]:
    tokens = ApiToken.objects.filter(organization=organization).values_list("id", flat=True)
    return IdempotencyKey.objects.filter(actor_kind="token", actor_id__in=[str(one) for one in tokens])


# Every model: which of its rows are an organization's.
ROWS: Mapping[type[Model], Rows] = {
    Organization: by("id", Organization),
    User: _users,
    Member: by("organization_id", Member),
    Invitation: by("organization_id", Invitation),
    ApiToken: by("organization_id", ApiToken),
    AuditEntry: by("organization_id", AuditEntry),
    IdempotencyKey: _keys,
    rows.Cluster: by("organization_id", rows.Cluster),
    rows.ConsentCategory: by("organization_id", rows.ConsentCategory),
    rows.Pipeline: by("organization_id", rows.Pipeline),
    WriteKey: by("pipeline__organization_id", WriteKey),
    rows.AccessToken: by("organization_id", rows.AccessToken),
    VendorRevision: by("organization_id", VendorRevision),
    rows.VendorQuestionnaire: by("organization_id", rows.VendorQuestionnaire),
    Destination: by("pipeline__organization_id", Destination),
    DestinationDraft: by("destination__pipeline__organization_id", DestinationDraft),
    rows.DestinationLane: by("destination__pipeline__organization_id", rows.DestinationLane),
    rows.BreakerMoment: by("destination__pipeline__organization_id", rows.BreakerMoment),
    rows.TrackingFile: by("pipeline__organization_id", rows.TrackingFile),
    rows.FileBuild: by("tracking_file__pipeline__organization_id", rows.FileBuild),
    rows.FileDeployment: by("tracking_file__pipeline__organization_id", rows.FileDeployment),
    Event: by("organization_id", Event),
    rows.Delivery: by("organization_id", rows.Delivery),
    rows.DeliveryResult: by("organization_id", rows.DeliveryResult),
    rows.DeliveryRecord: by("organization_id", rows.DeliveryRecord),
    rows.Attempt: by("scope_id", rows.Attempt),
    rows.HourlyCount: by("organization_id", rows.HourlyCount),
    rows.Replay: by("organization_id", rows.Replay),
    rows.ReplayDestination: by("replay__organization_id", rows.ReplayDestination),
    **{model: by(path, model) for model, path in PATHS.items()},
}


OF_THE_INSTALLATION = {rows.OperatorSwitch, rows.Heartbeat}  # its operators' page shows them to staff only


def every_model() -> set[type[Model]]:
    """The concrete models of our apps, but those that are the installation's."""
    return {model for app in APPS for model in apps.get_app_config(app).get_models()} - OF_THE_INSTALLATION


@dataclass(frozen=True, kw_only=True)
class World:
    """`ours` is whose rows nobody else may see, `theirs` is where the strangers are at home."""

    ours: Samples
    theirs: Samples
    token: ApiToken
    revision: VendorRevision
    member: Member
    secrets: tuple[str, ...]

    def row(self, model: type[Model]) -> Any:
        """A row of this model in `ours`: the one to which most others lead."""
        samples = self.ours
        chosen: dict[type[Model], Any] = {
            Member: self.member,
            User: self.member.user,
            ApiToken: samples.token,
            WriteKey: samples.key,
            Destination: samples.destinations["Waiting"],
            rows.DeliveryRecord: rows.DeliveryRecord.objects.get(id=samples.deliveries["Held"]),
            rows.Attempt: samples.attempt,
            MessageDeliveryRecord: MessageDeliveryRecord.objects.get(
                organization_id=samples.organization.id, outcome="exhausted"
            ),
        }
        return chosen.get(model) or ROWS[model](samples.organization).first()

    def needles(self) -> set[str]:
        """What gives a row of `ours` away, in lower case."""
        found = {MARK, *self.secrets}
        for rows_of in ROWS.values():
            for one in rows_of(self.ours.organization):
                found |= {str(value) for value in _identities(one)}
        return {needle.lower() for needle in found}

    def state(self) -> dict[str, list[Any]]:
        """Every row of `ours`, as it is stored."""
        return {
            model.__name__: list(rows_of(self.ours.organization).order_by("pk").values())
            for model, rows_of in ROWS.items()
        }


def _identities(one: Model) -> Iterable[Any]:
    if isinstance(one.pk, UUID):
        yield one.pk
    if isinstance(one, WriteKey):
        yield one.key
    if isinstance(one, ApiToken):
        yield one.prefix
    if isinstance(one, Event):
        yield one.message_id


def counts() -> dict[str, int]:
    """How many rows there are of each model, whosever they are."""
    return {model.__name__: model._base_manager.count() for model in ROWS}


def make_world() -> World:
    """Both organizations, each with a row of every model."""
    theirs = make_samples("theirs", "Their shop")
    _complete(theirs, "theirs", "their-own-secret")
    ours = make_samples(MARK, f"{MARK.capitalize()} shop")
    secret = f"{MARK}-secret-value"
    token, revision, member = _complete(ours, MARK, secret)
    _mark(ours, secret)
    for samples, name in ((theirs, "theirs"), (ours, MARK)):
        _deploy(samples, name)
    return World(
        ours=ours,
        theirs=theirs,
        token=token,
        revision=revision,
        member=member,
        secrets=(secret, token.digest.hex(), member.user.password),
    )


def more_rows(*names: str) -> None:
    """Another organization with a row of every model, for each name."""
    for name in names:
        _complete(make_samples(name, f"{name} shop"), name, f"{name}-secret")


def _complete(samples: Samples, name: str, secret: str) -> tuple[ApiToken, VendorRevision, Member]:
    """What the samples have no row of."""
    organization, waiting = samples.organization, samples.destinations["Waiting"]
    built_in = waiting.vendor_revision
    user = make_user(f"member@{name}.example", organization, Role.ADMIN)
    revision = VendorRevision.objects.create(
        organization=organization,
        slug=f"{name}-vendor",
        name=f"{name} vendor",
        revision=1,
        document=built_in.document,
        sha256=built_in.sha256,
    )
    rows.HourlyCount.objects.create(
        hour=timezone.now(), organization_id=organization.id, measure="stored", reason=name, count=1
    )
    rows.AccessToken.objects.create(
        id=hashlib.sha256(name.encode()).hexdigest(),
        organization=organization,
        secrets={"access_token": secret},
        reason=f"{name} reason",
        changed_at=timezone.now(),
    )
    rows.VendorQuestionnaire.objects.create(
        organization=organization,
        name=f"{name} asked",
        slug=f"{name}-asked",
        answers={"name": f"{name} asked"},
        answered_by=f"{name} person",
    )
    draft = DestinationDraft.objects.create(
        destination=waiting,
        vendor_revision=built_in,
        name=f"{name} draft",
        mode="live",
        secrets={"tracking_token": secret, "secret_key": f"{secret}-2"},
        staged_by=user.email,
    )
    draft.consent_categories.set([samples.category])
    token, _ = issue_token(BY, organization, name=f"{name} token", scopes=ALL_PERMISSIONS)
    make_webhook(organization, mark=name, secret=secret)
    IdempotencyKey.objects.create(
        actor_kind="token",
        actor_id=str(token.id),
        key=f"{name}-key",
        method="POST",
        path="/api/v1/pipelines",
        body_digest=hashlib.sha256(b"").digest(),
        status=201,
        headers={},
        body=json.dumps({"name": name}),
        created_at=timezone.now(),
    )
    return token, revision, Member.objects.get(user=user)


def _deploy(samples: Samples, name: str) -> None:
    """A tracking file with a build that is live."""
    file = file_of(samples.pipeline)
    save_draft(BY, file, {"settings": {"library_name": name}})
    made = build(BY, file)
    assert made
    deploy(BY, file, made)


def _mark(samples: Samples, secret: str) -> None:
    """Rename, so that a leak is seen whatever it leaks."""
    organization = samples.organization
    for model in (rows.Cluster, rows.ConsentCategory):
        ROWS[model](organization).update(name=f"{MARK} name")
    rows.ConsentCategory.objects.filter(organization=organization).update(code=f"{MARK}-code")
    ROWS[ApiToken](organization).update(name=f"{MARK} token", created_by=f"{MARK} maker")
    for destination in ROWS[Destination](organization):
        destination.name = f"{MARK} {destination.name}"
        destination.settings = {**destination.settings, "public_key": f"{MARK}-public"}
        destination.secrets = {"tracking_token": secret, "secret_key": f"{secret}-2"}
        destination.save()
    event = {"user_id": f"{MARK}-user", "anonymous_id": f"{MARK}-anonymous", "name": f"{MARK} ordered"}
    payload = {"event": f"{MARK} ordered", "timestamp": timezone.now().isoformat()}
    ROWS[Event](organization).update(**event, payload=payload)
    ROWS[rows.Attempt](organization).update(
        url=f"https://{MARK}.example/?email={MARK}", request_body=MARK, response_body=MARK, reason=MARK
    )
    ROWS[rows.Replay](organization).update(
        asked_by=f"{MARK} asker", reason=f"{MARK} reason", event_name=f"{MARK} name"
    )
    for model in (rows.Delivery, rows.DeliveryResult, rows.BreakerMoment):
        ROWS[model](organization).update(reason=f"{MARK} reason")
    for one in (organization, samples.category, samples.cluster, *samples.destinations.values()):
        one.refresh_from_db()


def given_away(world_needles: set[str], body: str, *, asked: str) -> set[str]:
    """Which needles are in a body, but for those that the request itself named."""
    lower, named = body.lower(), asked.lower()
    return {needle for needle in world_needles if needle and needle in lower and needle not in named}


# Scope sets of tokens: all there is, and what each role has.
SCOPES: Mapping[str, frozenset[str]] = {
    "every scope": ALL_PERMISSIONS,
    **{str(role): permissions_of(role) for role in Role},
}


def token_text(samples: Samples, scopes: Iterable[str]) -> str:
    """The text of a token of the samples' organization."""
    _, text = issue_token(BY, samples.organization, name="walker", scopes=sorted(scopes))
    return text
