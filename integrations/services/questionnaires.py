"""Questionnaires: filled in here or behind an expiring link, and made into a vendor by a member."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify

from accounts.core.link_secrets import link_digest
from accounts.core.principal import Principal
from accounts.models import Organization
from accounts.services import audit
from integrations.core.questionnaire import Problem, definition, read_answers
from integrations.core.vendor import Vendor
from integrations.models import VendorQuestionnaire, VendorRevision
from integrations.services.custom_vendors import add_revision, as_yaml, newest_own, read_definition
from integrations.services.definition_trials import Trial, try_definition

LINK_DAYS = 14
MOST_LINK_DAYS = 90


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What the answers make: a definition that compiles, or what is to be put right."""

    text: str
    vendor: Vendor | None
    problems: tuple[Problem, ...]
    error: str = ""


@transaction.atomic
def start(by: Principal, organization: Organization, name: str) -> VendorQuestionnaire:
    """A questionnaire for a new vendor. ValidationError when its name makes no slug, or one that is taken."""
    slug = slugify(name)[:60]
    if not slug or not slug[0].isalpha():
        raise ValidationError({"name": "Give a name that begins with a letter, such as Acme Ads."})
    if VendorRevision.objects.filter(organization=None, slug=slug).exists():
        raise ValidationError({"name": f"{name} is a built-in vendor. Give this one another name."})
    questionnaire = VendorQuestionnaire(
        organization=organization, name=name, slug=slug, answers={"name": name}
    )
    questionnaire.full_clean()
    questionnaire.save()
    _told(by, "create", questionnaire)
    return questionnaire


def outcome(questionnaire: VendorQuestionnaire) -> Outcome:
    """What the answers, as they are kept, would make."""
    answers, problems = read_answers(questionnaire.answers)
    if problems:
        return Outcome(text="", vendor=None, problems=tuple(problems))
    today = timezone.now().date().isoformat()
    document, problems = definition(answers, slug=questionnaire.slug, today=today)
    if problems:
        return Outcome(text="", vendor=None, problems=tuple(problems))
    text = as_yaml(document)
    try:
        return Outcome(text=text, vendor=read_definition(text), problems=())
    except ValidationError as error:
        return Outcome(text=text, vendor=None, problems=(), error=error.messages[0])


def try_event(questionnaire: VendorQuestionnaire, event: Mapping[str, object]) -> Trial:
    """What the vendor of these answers would get of a pasted event. ValidationError while they make none."""
    return try_definition(_finished(outcome(questionnaire)), event, {}, now=timezone.now())


@transaction.atomic
def save_answers(by: Principal, questionnaire: VendorQuestionnaire, answers: Mapping[str, Any]) -> None:
    """Keep what was filled in, right or not yet: `outcome` says what is to be put right."""
    stored = VendorQuestionnaire.objects.select_for_update().get(pk=questionnaire.pk)
    differences = audit.differences(stored.answers, dict(answers))
    if differences:
        stored.answers = dict(answers)
        stored.save(update_fields=["answers", "changed_at"])
        _told(by, "update", stored, differences)
    questionnaire.answers = stored.answers


@transaction.atomic
def make_link(by: Principal, questionnaire: VendorQuestionnaire, days: int = LINK_DAYS) -> str:
    """A new link for the vendor's team, shown once; an earlier one stops working."""
    if not 1 <= days <= MOST_LINK_DAYS:
        raise ValidationError(f"A link is good for 1 to {MOST_LINK_DAYS} days.")
    token = secrets.token_urlsafe(32)
    questionnaire.link_digest = link_digest(token)
    questionnaire.link_expires_at = timezone.now() + timedelta(days=days)
    questionnaire.save(update_fields=["link_digest", "link_expires_at", "changed_at"])
    _told(by, "update", questionnaire, {"link_expires_at": (None, questionnaire.link_expires_at)})
    return settings.PUBLIC_URL.rstrip("/") + reverse("vendor-questionnaire", args=[token])


@transaction.atomic
def withdraw_link(by: Principal, questionnaire: VendorQuestionnaire) -> None:
    """The link stops working at once."""
    if questionnaire.link_digest:
        expired = questionnaire.link_expires_at
        questionnaire.link_digest = questionnaire.link_expires_at = None
        questionnaire.save(update_fields=["link_digest", "link_expires_at", "changed_at"])
        _told(by, "update", questionnaire, {"link_expires_at": (expired, None)})


def find_by_link(token: str) -> VendorQuestionnaire | None:
    """The questionnaire behind a link that still works."""
    return VendorQuestionnaire.objects.filter(
        link_digest=link_digest(token), link_expires_at__gt=timezone.now()
    ).first()


@transaction.atomic
def answer_by_link(by: Principal, token: str, answers: Mapping[str, Any], answered_by: str) -> bool:
    """Keep what the vendor's team filled in, for review. False when the link has ended meanwhile."""
    found = find_by_link(token)
    if found is None:
        return False
    save_answers(by, found, answers)
    found.answered_at, found.answered_by = timezone.now(), answered_by[:254]
    found.save(update_fields=["answered_at", "answered_by", "changed_at"])
    return True


@transaction.atomic
def make_revision(by: Principal, questionnaire: VendorQuestionnaire) -> VendorRevision:
    """The vendor that the answers make, as its first or next revision. ValidationError while they don't."""
    made = outcome(questionnaire)
    vendor = _finished(made)
    organization = questionnaire.organization
    of = questionnaire.slug if newest_own(organization, questionnaire.slug) else None
    revision = add_revision(by, organization, made.text, of=of)
    questionnaire.revision, questionnaire.name = revision, vendor.name
    questionnaire.answered_at = None  # reviewed
    questionnaire.save(update_fields=["revision", "name", "answered_at", "changed_at"])
    return revision


@transaction.atomic
def remove(by: Principal, questionnaire: VendorQuestionnaire) -> None:
    """The questionnaire and its link; the vendor that was made of it stays."""
    organization_id, label = questionnaire.organization_id, str(questionnaire)
    questionnaire.delete()
    audit.record(by, "delete:vendor_questionnaire", organization_id=organization_id, label=label)


def _finished(made: Outcome) -> Vendor:
    if made.vendor is None:
        raise ValidationError(made.error or "Some answers are to be put right first.")
    return made.vendor


def _told(
    by: Principal,
    verb: str,
    questionnaire: VendorQuestionnaire,
    differences: audit.Differences | None = None,
) -> None:
    organization_id = questionnaire.organization_id
    audit.record(
        by,
        f"{verb}:vendor_questionnaire",
        questionnaire,
        organization_id=organization_id,
        differences=differences,
    )
