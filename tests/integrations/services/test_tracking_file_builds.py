"""Builds, deployments, and what is told of them."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import brotli
import jsonschema
import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction

from accounts.core.permissions import ALL_PERMISSIONS
from accounts.models import AuditEntry, Member, User
from accounts.services.tokens import issue_token, principal_of_token
from integrations.core.tracking_file.document import from_document
from integrations.models import ConsentCategory, FileBuild, FileDeployment, TrackingFile
from integrations.services.tracking_files import builds, deployments, differences, notices, serving
from integrations.services.tracking_files.builds import build
from integrations.services.tracking_files.deployments import deploy
from integrations.services.tracking_files.drafts import save_draft
from integrations.services.tracking_files.resolve import BadDraft, resolve
from integrations.services.tracking_files.sizes import sizes
from integrations.services.tracking_files.snippet import snippet_of
from integrations.services.tracking_files.standing import standing_of
from tests.integrations.pipelines import BY, key_of
from tests.integrations.tracking_files import HOSTING_URL, make_file
from tests.webhooks.endpoints import make_subscription
from webhooks.core.event_types import EVENT_TYPES
from webhooks.models import Message, MessageDelivery

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _sandbox(settings):
    settings.SANDBOX_URL = "http://127.0.0.1:9"


@pytest.fixture
def told(monkeypatch):
    """What is published: (type, data, moment)."""
    messages = []

    def publish(organization_id, event_type, data, *, at):
        messages.append((event_type, dict(data), at))

    monkeypatch.setattr(notices, "publish", publish)
    return messages


def test_a_build_is_numbered_hashed_measured_and_signed():
    file = make_file("adroll")

    made = build(BY, file)

    stored = FileBuild.objects.get()
    content = bytes(stored.content)
    assert (made.number, stored.made_by) == (1, "a test")
    assert stored.sha256 == hashlib.sha256(content).hexdigest()
    digest = base64.b64encode(hashlib.sha384(content).digest()).decode()
    assert stored.integrity == f"sha384-{digest}"
    assert gzip.decompress(stored.content_gzip) == content
    assert brotli.decompress(bytes(stored.content_brotli)) == content
    assert (stored.size, stored.size_gzip) == (len(content), len(stored.content_gzip))
    assert key_of(file.pipeline).encode() in content
    assert "sync_generate" in stored.modules
    assert from_document(stored.config) == resolve(file)


def test_a_build_that_would_change_nothing_is_none_and_tells_nobody(told):
    file = make_file()
    build(BY, file)
    save_draft(BY, file, {"settings": {"file_hosting_url": "https://cdn.shop.example/other.js"}})
    entries = AuditEntry.objects.count()

    assert build(BY, file) is None

    assert FileBuild.objects.count() == 1
    assert [event_type for event_type, *_ in told] == ["file.config_saved"]
    assert AuditEntry.objects.count() == entries


@pytest.mark.parametrize("column", ["content", "content_brotli", "config", "number", "sha256"])
def test_a_build_can_not_be_changed_even_by_sql(column):
    made = build(BY, make_file())
    other = {"config": {}, "number": 7, "sha256": "0" * 64}.get(column, b"alert(1)")

    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        FileBuild.objects.filter(id=made.id).update(**{column: other})

    made.tracking_file.pipeline.delete()
    assert not FileBuild.objects.exists()


def test_a_draft_with_errors_is_not_built(told):
    file = make_file(library_name="class")

    with pytest.raises(BadDraft) as refused:
        build(BY, file)

    assert [one.pointer for one in refused.value.problems] == ["/settings/library_name"]
    assert not FileBuild.objects.exists()
    assert told == []


def test_a_saved_draft_tells_nobody_and_a_build_tells_once(told):
    file = make_file()
    assert told == []

    made = build(BY, file)

    pipeline = file.pipeline
    assert told == [
        (
            "file.config_saved",
            {
                "analytics_file_id": str(file.id),
                "org_id": str(pipeline.organization_id),
                "org_name": pipeline.organization.name,
                "pipeline_id": str(pipeline.id),
                "pipeline_name": pipeline.name,
                "writekey": key_of(pipeline),
                "cluster_id": str(pipeline.cluster_id),
                "cluster_name": "Here",
                "file_hosting_type": "mr_hosted",
                "user_email": "a test",
            },
            made.made_at,
        )
    ]


def test_every_deployment_is_told_with_both_addresses(told):
    file = make_file()
    made = build(BY, file)

    deployed = deploy(BY, file, made)

    event_type, data, at = told[-1]
    assert (event_type, at) == ("file.deployed", deployed.deployed_at)
    assert list(data)[8:] == ["source_url", "cdn_url", "file_hosting_type", "user_email"]
    assert data["source_url"] == f"https://c.example/v1/pipelines/{key_of(file.pipeline)}/file"
    assert data["cdn_url"] == HOSTING_URL


def test_a_token_speaks_for_its_owner(told):
    file = make_file()
    organization = file.pipeline.organization
    user = User.objects.create_user("dana@shop.example")
    Member.objects.create(organization=organization, user=user, role="admin")
    _, personal = issue_token(BY, organization, name="Mine", scopes=ALL_PERMISSIONS, user=user)
    _, shared = issue_token(BY, organization, name="CI", scopes=ALL_PERMISSIONS)

    build(principal_of_token(personal), file)
    save_draft(BY, file, {"settings": {"follows_spa": True}})
    build(principal_of_token(shared), file)

    assert [data["user_email"] for _, data, _ in told] == ["dana@shop.example", "a test"]


def test_a_manual_file_is_built_and_told_as_self_hosted_but_not_deployed(told):
    file = make_file(hosting="manual")
    made = build(BY, file)

    with pytest.raises(ValidationError, match="Download the build"):
        deploy(BY, file, made)

    assert told[0][1]["file_hosting_type"] == "self_hosted"
    assert not FileDeployment.objects.exists()


def test_without_the_organizations_switch_nothing_is_deployed(told):
    file = make_file()
    made = build(BY, file)
    type(file.pipeline.organization).objects.update(auto_deploys=False)

    with pytest.raises(ValidationError, match="ask the staff"):
        deploy(BY, file, made)

    assert TrackingFile.objects.get().live_build is None


def test_a_build_of_another_file_is_refused():
    file, other = make_file(), make_file()

    with pytest.raises(ValidationError, match="another tracking file"):
        deploy(BY, file, build(BY, other))


def test_an_older_build_is_a_rollback_and_the_endpoint_hears_of_each(monkeypatch, told):
    heard = []
    monkeypatch.setattr(serving, "deployed", lambda file: heard.append(file.live_build.number))
    file = make_file()
    first = build(BY, file)
    save_draft(BY, file, {"settings": {"follows_spa": True}})
    second = build(BY, file)

    kinds = [deploy(BY, file, one).is_rollback for one in (first, second, first, second)]

    assert kinds == [False, False, True, False]
    assert heard == [1, 2, 1, 2]
    assert file.live_build == TrackingFile.objects.get().live_build == second
    entry = AuditEntry.objects.filter(action="deploy:tracking_file").latest("at")
    assert entry.changes == {"live_build": ["Build 1", "Build 2"]}


def test_where_a_file_stands_is_said_in_sentences(told):
    file = make_file()
    assert standing_of(file).sentences == (
        "Nothing has been built yet: Save & Build File makes build 1.",
        "Nothing is live: the Cluster File Endpoint answers 404 until a build is uploaded.",
    )

    first = build(BY, file)
    assert standing_of(file).sentences[:2] == (
        "The draft is what build 1 was made of.",
        "Build 1 is not live: upload it to the cluster.",
    )

    deploy(BY, file, first)
    TrackingFile.objects.update(live_since=datetime(2026, 3, 1, 9, 30, tzinfo=UTC))
    file.refresh_from_db()
    save_draft(BY, file, {"settings": {"follows_spa": True}})
    assert standing_of(file).sentences == (
        "The draft is newer than build 1: build it to have its changes in a file.",
        "Live is build 1, since 2026-03-01 09:30:00 UTC.",
    )

    build(BY, file)
    standing = standing_of(file)
    assert standing.build_is_newer
    assert standing.sentences[1] == (
        "Build 2 is newer than the live file: upload it to the cluster to make it live."
    )


def test_a_changed_category_is_no_newer_draft_but_would_change_the_file():
    file = make_file("adroll")
    build(BY, file)

    ConsentCategory.objects.update(cmp_codes=["C0004"])

    standing = standing_of(file)
    assert (standing.draft_is_newer, standing.would_differ) == (False, True)
    assert standing.sentences[0].startswith("Building again would change the file: categories")
    (change,) = differences.of_draft(file).changes
    assert (change.place, change.before, change.after) == (
        "Category advertising: codes of consent platforms",
        "",
        "C0004",
    )


def test_differences_of_two_builds_are_readable(told):
    file = make_file("adroll")
    first = build(BY, file)
    off = {"vendor": "adroll", "sync": "first_party_cookie", "enabled": False}
    pixel = {
        "provider": "acme",
        "id": "match",
        "method": "matchPixel",
        "options": {"url": "https://px.acme.example/m", "query": {"id": "{anonymous_id}"}},
        "categories": ["advertising"],
    }
    changed = {"settings": {"cookie_lifetime_days": 30}, "syncs": {"vendor": [off], "custom": [pixel]}}
    save_draft(BY, file, changed)
    second = build(BY, file)

    found = differences.between(first, second)

    told_of = {one.path: (one.place, one.before, one.after) for one in found.changes}
    assert told_of["cookies.lifetime_days"] == ("Cookie lifetime (days)", "395", "30")
    place, before, after = told_of["syncs.acme.match"]
    assert (place, before) == ("Sync match of acme", None)
    assert "url https://px.acme.example/m; query.id {anonymous_id}" in after
    assert told_of["syncs.adroll.first_party_cookie"][2] is None
    assert set(told_of) == {"cookies.lifetime_days", "syncs.acme.match", "syncs.adroll.first_party_cookie"}
    assert "sync_match_pixel" in found.added_modules
    assert "sync_generate" in found.removed_modules
    assert (found.before.raw, found.after.raw) == (first.size, second.size)
    assert not found.is_empty and differences.between(first, first).is_empty


def test_sizes_are_those_of_a_build_with_a_price_for_each_module(told):
    file = make_file()

    found, made = sizes(resolve(file)), build(BY, file)

    assert (found.raw, found.gzip, found.brotli) == (made.size, made.size_gzip, made.size_brotli)
    assert [one.module for one in found.modules] == made.modules
    assert all(one.about for one in found.modules)


def test_snippets_load_the_file_with_and_without_integrity(told):
    file = make_file("adroll", calls_page_on_load=False)
    made = build(BY, file)

    found = snippet_of(file)

    assert f'<script async src="{HOSTING_URL}"></script>' in found.plain
    assert "analytics.page()" in found.plain
    assert f'integrity="{made.integrity}" crossorigin="anonymous"' in found.with_integrity
    assert found.with_nonce.count('nonce="NONCE"') == 2
    assert "<script>" not in found.without_inline
    assert found.policy == (
        "script-src 'nonce-NONCE' https://cdn.shop.example; connect-src https://c.example"
    )


def test_a_pinned_snippet_asks_the_cluster_for_these_very_bytes(told):
    file = make_file()
    endpoint = f"https://c.example/v1/pipelines/{key_of(file.pipeline)}/file"
    save_draft(BY, file, {"settings": {"file_hosting_url": endpoint}})
    made = build(BY, file)

    assert f'src="{endpoint}/{made.sha256[:16]}.js"' in snippet_of(file).with_integrity
    assert f'src="{endpoint}"' in snippet_of(file).plain


@pytest.mark.django_db(transaction=True)
def test_two_builds_at_once_give_one_build_or_two_numbers():
    same, other = make_file(), make_file()
    save_draft(BY, other, {"settings": {"follows_spa": True}})

    def one(number: int) -> object:
        try:
            return builds.build(BY, TrackingFile.objects.get(pk=same.pk))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(one, range(4)))

    assert [type(one).__name__ for one in made].count("FileBuild") == 1
    assert list(same.builds.values_list("number", flat=True)) == [1]


@pytest.mark.django_db(transaction=True)
def test_deployments_at_once_leave_one_live_build():
    file = make_file()
    first = build(BY, file)
    save_draft(BY, file, {"settings": {"follows_spa": True}})
    second = build(BY, file)

    def one(chosen: FileBuild) -> object:
        try:
            return deployments.deploy(BY, TrackingFile.objects.get(pk=file.pk), chosen)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(one, (first, second)))

    newest = FileDeployment.objects.order_by("-deployed_at").first()
    assert FileDeployment.objects.count() == 2
    assert TrackingFile.objects.get(pk=file.pk).live_build_id == newest.build_id


def test_a_subscription_gets_messages_of_the_documented_shape():
    file = make_file()
    make_subscription(file.pipeline.organization)

    deploy(BY, file, build(BY, file))

    bodies = [json.loads(bytes(one.body)) for one in Message.objects.order_by("id")]
    assert [one["event_type"] for one in bodies] == ["file.config_saved", "file.deployed"]
    for body in bodies:
        jsonschema.validate(body, EVENT_TYPES[body["event_type"]].schema)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", body["timestamp"])
    assert MessageDelivery.objects.count() == 2
