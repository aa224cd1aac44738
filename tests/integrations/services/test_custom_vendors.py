"""Vendors of an organization: revisions that never change, questionnaires, and links that end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.utils import timezone

from accounts.models import AuditEntry, Organization
from integrations.models import VendorRevision
from integrations.services import custom_vendors, questionnaires
from integrations.services.custom_vendors import add_revision, as_yaml, changes_between, remove_vendor
from integrations.services.vendors import compiled
from tests.integrations.admin.samples import BY
from tests.integrations.core.questionnaire.filled import BATCH, GET

pytestmark = pytest.mark.django_db
TEXT = """slug: acme-own
name: Acme
about: Takes events.
docs: []
verified_on: "2026-11-26"
consent: {classification: advertising}
questionnaire:
  identifiers: [user id]
  event_endpoint: POST https://api.acme.example/
  identity_endpoint: none
  consent_classification: advertising
  validation_method: none
operations:
  event: {method: POST, url: https://api.acme.example/, fields: {name: $event_name}}
events:
  - {rule: any, when: {type: track}, operation: event}
fallback: drop
test_mode: {supported: false}
examples: []
"""


@pytest.fixture
def organization():
    return Organization.objects.create(name="Shop", slug="shop")


def test_a_changed_definition_is_the_next_revision_and_an_unchanged_one_is_none(organization):
    first = add_revision(BY, organization, TEXT)
    same = add_revision(BY, organization, TEXT.replace("\n", "\r\n"), of="acme-own")
    second = add_revision(BY, organization, TEXT.replace("Takes", "Counts"), of="acme-own")

    assert (first.revision, same, second.revision) == (1, first, 2)
    assert compiled(first).about == "Takes events."
    actions = AuditEntry.objects.filter(organization_id=organization.id).values_list("action", flat=True)
    assert sorted(actions) == ["create:vendor", "update:vendor"]


def test_a_revision_can_not_be_changed_even_by_sql(organization):
    revision = add_revision(BY, organization, TEXT)

    with pytest.raises(DatabaseError, match="never changes"), transaction.atomic():
        VendorRevision.objects.filter(id=revision.id).update(document="slug: x")


@pytest.mark.parametrize(
    ("text", "of", "words"),
    [
        (TEXT.replace("method: POST", "method: SEND"), None, "definition:14:19 operations.event.method"),
        (TEXT.replace("acme-own", "other"), "acme-own", "a vendor keeps its slug"),
        (TEXT.replace("acme-own", "adroll"), None, "built-in vendor"),
    ],
)
def test_a_wrong_definition_is_refused_with_its_place(organization, text, of, words):
    custom_vendors.VendorRevision.objects.get_or_create(
        organization=None,
        slug="adroll",
        revision=1,
        defaults={"name": "AdRoll", "document": "", "sha256": ""},
    )
    with pytest.raises(ValidationError, match=words):
        add_revision(BY, organization, text, of=of)
    assert not VendorRevision.objects.filter(organization=organization).exists()


def test_a_second_vendor_of_the_same_name_is_refused(organization):
    add_revision(BY, organization, TEXT)

    with pytest.raises(ValidationError, match="There is a vendor `acme-own` already"):
        add_revision(BY, organization, TEXT.replace("Takes", "Counts"))


def test_differences_name_the_rule_and_not_its_place_in_the_list():
    older = {"name": "A", "events": [{"rule": "x", "operation": "e"}], "limits": [1, 2]}
    newer = {"name": "B", "events": [{"rule": "new"}, {"rule": "x", "operation": "f"}], "limits": [1, 2]}

    found = [(one.place, one.before, one.after) for one in changes_between(older, newer)]

    assert found == [
        ("name", "A", "B"),
        ("events.new", None, {"rule": "new"}),
        ("events.x.operation", "e", "f"),
    ]


def test_a_vendor_that_nobody_uses_can_be_removed(organization):
    revision = add_revision(BY, organization, TEXT)

    remove_vendor(BY, revision)

    assert not VendorRevision.objects.filter(organization=organization).exists()


# Questionnaires


@pytest.mark.parametrize("answers", [GET, BATCH], ids=["get", "batch"])
def test_answers_become_a_vendor_and_changed_answers_its_next_revision(organization, answers):
    asked = questionnaires.start(BY, organization, str(answers["name"]))
    questionnaires.save_answers(BY, asked, answers)

    first = questionnaires.make_revision(BY, asked)
    questionnaires.save_answers(BY, asked, {**answers, "rate_limit": 5})
    second = questionnaires.make_revision(BY, asked)

    assert (first.slug, first.revision, second.revision) == (asked.slug, 1, 2)
    changed = changes_between(compiled(first).document, compiled(second).document)
    assert [(one.place, one.after) for one in changed] == [
        ("operations.event.rate_limit", {"requests": 5, "per_s": 1})
    ]


def test_unfinished_answers_are_kept_and_make_no_vendor(organization):
    asked = questionnaires.start(BY, organization, "Acme Ads")
    questionnaires.save_answers(BY, asked, {**GET, "url": ""})
    asked.refresh_from_db()

    assert [one.key for one in questionnaires.outcome(asked).problems] == ["url"]
    with pytest.raises(ValidationError, match="put right"):
        questionnaires.make_revision(BY, asked)


@pytest.mark.parametrize("name", ["", "!!!", "7up"])
def test_a_name_that_makes_no_slug_is_refused(organization, name):
    with pytest.raises(ValidationError, match="begins with a letter"):
        questionnaires.start(BY, organization, name)


def test_the_vendors_team_answers_by_link_and_a_member_reviews(organization):
    asked = questionnaires.start(BY, organization, "Pixelry")
    token = questionnaires.make_link(BY, asked).rstrip("/").rsplit("/", 1)[1]

    assert questionnaires.answer_by_link(BY, token, GET, "Kim of Pixelry")

    asked.refresh_from_db()
    assert (asked.answers, asked.answered_by) == (GET, "Kim of Pixelry")
    assert asked.answered_at and not VendorRevision.objects.filter(organization=organization).exists()
    questionnaires.make_revision(BY, asked)
    asked.refresh_from_db()
    assert asked.answered_at is None and asked.revision.slug == "pixelry"


def test_a_link_ends_by_time_by_a_newer_one_and_when_it_is_withdrawn(organization, time_machine):
    asked = questionnaires.start(BY, organization, "Pixelry")
    old, new = (questionnaires.make_link(BY, asked).rstrip("/").rsplit("/", 1)[1] for _ in range(2))

    assert questionnaires.find_by_link(old) is None
    assert questionnaires.find_by_link(new) == asked
    time_machine.move_to(timezone.now() + timedelta(days=questionnaires.LINK_DAYS, seconds=1))
    assert questionnaires.find_by_link(new) is None
    assert not questionnaires.answer_by_link(BY, new, GET, "late")
    fresh = questionnaires.make_link(BY, asked).rstrip("/").rsplit("/", 1)[1]
    questionnaires.withdraw_link(BY, asked)
    assert questionnaires.find_by_link(fresh) is None


def test_a_definition_survives_being_written_as_text(organization):
    asked = questionnaires.start(BY, organization, "Pixelry")
    questionnaires.save_answers(BY, asked, GET)
    revision = questionnaires.make_revision(BY, asked)

    assert as_yaml(compiled(revision).document) == revision.document
