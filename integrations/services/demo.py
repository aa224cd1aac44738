"""The demo organization that the one-command run starts with; made once, then left alone."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction

from accounts.core.permissions import Role
from accounts.core.principal import system
from accounts.models import Member, Organization, User
from integrations.models import Cluster, ConsentCategory, Destination, Pipeline, WriteKey
from integrations.services.demo_file import live_snippet
from integrations.services.destinations import Wanted, connect_destination
from integrations.services.vendors import newest_revision
from integrations.services.write_keys import create_write_key

SLUG = "demo"
EMAIL = "admin@demo.example"
BY = system("the demo")
CATEGORIES = (
    ("functional", "Functional", ["C0003", "preferences"], False),
    ("analytics", "Analytics", ["C0002", "statistics"], False),
    ("advertising", "Advertising", ["C0004", "marketing"], True),
)
DESTINATIONS: Mapping[str, Mapping[str, str]] = {
    "adroll": {
        "advertisable_eid": "DEMOADVERTISABLE000001",
        "pixel_eid": "DEMOPIXEL0000000000001",
        "server_access_token": "demo-server-access-token",
    },
    "audiohook": {"audiohook_id": "7c1f3a52-9d0e-4b6f-8a57-2f6f6c1d0e11"},
    "partnerstack": {
        "tracking_token": "demo-tracking-token",
        "public_key": "demo-public-key",
        "secret_key": "demo-secret-key",
    },
}


@dataclass(frozen=True, slots=True)
class Demo:
    """How to get in. The password is None once somebody changed it."""

    admin_email: str
    admin_password: str | None
    write_key: str
    web_write_key: str
    web_snippet: str


def demo() -> Demo:
    """The demo organization, made when it is not there."""
    if not Organization.objects.filter(slug=SLUG).exists():
        _make()
    user = User.objects.filter(email=EMAIL).first()
    password = _password_file().read_text().strip() if _password_file().exists() else ""
    return Demo(
        admin_email=EMAIL,
        admin_password=password if user and password and user.check_password(password) else None,
        write_key=_key(Pipeline.Kind.SERVER),
        web_write_key=_key(Pipeline.Kind.WEB),
        web_snippet=_snippet(),
    )


@transaction.atomic
def _make() -> None:
    organization = Organization.objects.create(name="Demo", slug=SLUG)
    _make_admin(organization)
    cluster = Cluster.objects.create(
        organization=organization, name="Local", region="This machine", base_url=settings.PUBLIC_URL
    )
    for code, name, cmp_codes, is_sale in CATEGORIES:
        ConsentCategory.objects.create(
            organization=organization, code=code, name=name, cmp_codes=cmp_codes, is_sale_or_sharing=is_sale
        )
    for name, kind in (("Demo shop", Pipeline.Kind.WEB), ("Demo server", Pipeline.Kind.SERVER)):
        pipeline = Pipeline.objects.create(
            organization=organization, cluster=cluster, name=name, kind=kind, environment="development"
        )
        create_write_key(BY, pipeline, f"demo_{kind}_{secrets.token_urlsafe(9)}")
        _connect(pipeline)


def _make_admin(organization: Organization) -> None:
    password = secrets.token_urlsafe(12)
    user = User.objects.create_superuser(EMAIL, password)
    Member.objects.create(organization=organization, user=user, role=Role.ADMIN, can_read_events=True)
    file = _password_file()
    file.touch(mode=0o600)
    file.write_text(password + "\n")


def _connect(pipeline: Pipeline) -> None:
    advertising = ConsentCategory.objects.filter(organization=pipeline.organization, code="advertising")
    for slug, values in DESTINATIONS.items():
        revision = newest_revision(slug)
        assert revision, f"{slug} is not loaded: run manage.py load_catalogue first"
        wanted = Wanted(
            name=revision.name,
            vendor_revision=revision,
            mode=Destination.Mode.SANDBOX,
            values=values,
            categories=list(advertising),
        )
        connect_destination(BY, pipeline, wanted)


def _key(kind: str) -> str:
    keys = WriteKey.objects.filter(pipeline__organization__slug=SLUG, pipeline__kind=kind, revoked_at=None)
    first = keys.order_by("-is_primary", "created_at").first()
    return first.key if first else ""


def _snippet() -> str:
    """Of the shop's tracking file; empty when somebody took the pipeline or its keys away."""
    pipelines = Pipeline.objects.filter(organization__slug=SLUG, kind=Pipeline.Kind.WEB)
    pipeline = pipelines.select_related("organization", "cluster").order_by("created_at").first()
    return live_snippet(BY, pipeline) if pipeline and _key(Pipeline.Kind.WEB) else ""


def _password_file() -> Path:
    return Path(settings.DATA_DIR) / "demo_password"
