"""Custom vendors in the admin, and the page behind a questionnaire's link."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.core.permissions import Role
from integrations.core.questionnaire import QUESTIONS, Kind
from integrations.models import VendorQuestionnaire, VendorRevision
from integrations.services import questionnaires
from tests.integrations.admin.samples import BY
from tests.integrations.core.questionnaire.filled import BATCH, GET
from tests.integrations.services.test_custom_vendors import TEXT

pytestmark = pytest.mark.django_db
ADD, ASK = "admin:integrations_vendorrevision_add", "admin:integrations_vendorquestionnaire_add"


def posted(answers: dict[str, Any]) -> dict[str, Any]:
    """What a browser sends for these answers: rows that are left empty have their first choices."""
    data: dict[str, Any] = {}
    for question in QUESTIONS:
        given = answers.get(question.key)
        if question.kind is Kind.ROWS:
            for index, row in enumerate([*(given or []), {}, {}]):
                for column in question.columns:
                    first = column.choices[0][0] if column.choices and not column.required else ""
                    data[f"{question.key}-{index}-{column.key}"] = row.get(column.key, first)
        elif given is not None:
            data[question.key] = given
    return data


def page_of(row: Any, page: str = "change") -> str:
    return reverse(f"admin:integrations_{row._meta.model_name}_{page}", args=[row.pk])


def own(samples, slug: str) -> Any:
    return VendorRevision.objects.filter(organization=samples.organization, slug=slug).order_by("revision")


# Definitions


def test_a_definition_is_written_changed_compared_and_downloaded(sign_in, samples):
    client = sign_in()
    client.post(reverse(ADD), {"document": TEXT})
    first = own(samples, "acme-own").get()
    client.post(page_of(first, "edit"), {"document": TEXT.replace("Takes", "Counts")})
    second = own(samples, "acme-own").last()

    page = client.get(page_of(second)).content.decode()

    assert second.revision == 2
    assert "What differs from revision 1" in page
    assert "Takes events." in page and "Counts events." in page
    assert client.get(page_of(first, "download")).content.decode() == TEXT
    assert client.get(page_of(first), {"from": "2"}).status_code == 200


def test_a_definition_can_be_uploaded(sign_in, samples):
    sign_in().post(reverse(ADD), {"file": SimpleUploadedFile("acme.yaml", TEXT.encode())})

    assert own(samples, "acme-own").get().document == TEXT


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"document": TEXT.replace("POST,", "SEND,")}, "definition:14:19 operations.event.method"),
        ({"document": ""}, "begin with `slug:`"),
        ({"document": "a: &x [1]\nb: *x"}, "definition:"),
        ({"document": "a: !!python/object/apply:os.system [id]"}, "definition:1:"),
        ({"file": SimpleUploadedFile("acme.yaml", b"\xff\xfe")}, "not UTF-8"),
    ],
)
def test_what_is_wrong_is_told_and_what_was_typed_stays(sign_in, samples, given, words):
    answer = sign_in().post(reverse(ADD), given).content.decode()

    assert words in answer.replace("&#x27;", "'")
    assert not own(samples, "acme-own").exists()
    if given.get("document"):
        assert given["document"].splitlines()[0] in answer.replace("&amp;", "&")


def test_a_read_only_member_writes_no_vendor(sign_in, samples):
    client = sign_in(Role.READ_ONLY)

    assert client.post(reverse(ADD), {"document": TEXT}).status_code == 403
    assert client.get(reverse(ASK)).status_code == 403


def test_a_built_in_vendor_can_be_downloaded_and_not_changed(sign_in, samples):
    client, revision = sign_in(), samples.destinations["Waiting"].vendor_revision

    assert client.get(page_of(revision, "download")).status_code == 200
    assert client.get(page_of(revision, "edit")).status_code == 403
    assert client.get(page_of(revision, "delete")).status_code == 403


# Questionnaires


@pytest.mark.parametrize("answers", [GET, BATCH], ids=["get", "batch"])
def test_a_vendor_is_made_by_clicks_only(sign_in, samples, answers):
    client = sign_in()
    place = {"organization": samples.organization.pk, "name": answers["name"]}
    asked = client.post(reverse(ASK), place, follow=True)
    assert "What is the address of the endpoint?" in asked.content.decode()
    questionnaire = VendorQuestionnaire.objects.get(name=answers["name"])

    made = client.post(page_of(questionnaire), {**posted(answers), "go": "make"}, follow=True)

    assert f"{answers['name']} r1 is made" in made.content.decode()
    assert str(answers["url"]) in own(samples, questionnaire.slug).get().document


def test_what_is_to_be_put_right_stands_beside_its_question(sign_in, samples):
    client = sign_in()
    questionnaire = questionnaires.start(BY, samples.organization, "Pixelry")

    answers = {**GET, "url": "http://px.example/", "events": [{"event": "Lead", "name": ""}]}
    page = client.post(
        page_of(questionnaire), {**posted(answers), "go": "make"}, follow=True
    ).content.decode()

    assert "must begin with https://" in page
    assert "Fill this in, or leave the whole row empty." in page
    assert not own(samples, "pixelry").exists()


def test_the_link_is_shown_once_and_answers_come_back_for_review(sign_in, samples):
    client = sign_in()
    questionnaire = questionnaires.start(BY, samples.organization, "Pixelry")
    shown = client.post(
        page_of(questionnaire), {**posted({"name": "Pixelry"}), "go": "link"}
    ).content.decode()
    path = "/vendor-questionnaire/" + shown.split("/vendor-questionnaire/")[1].split("<")[0].split('"')[0]
    outsider = Client()

    page = outsider.get(path)
    thanks = outsider.post(path, {**posted(GET), "answered_by": "Kim <script>"}, follow=True).content.decode()

    assert page.status_code == 200 and page.headers["X-Robots-Tag"] == "noindex"
    assert "Thank you" in thanks and "Nothing is missing." in thanks
    assert "<script>" not in thanks.split("Your name")[1]
    review = client.get(page_of(questionnaire)).content.decode()
    assert "Answers to review" in review and path not in review
    client.post(page_of(questionnaire), {"go": "withdraw"})
    assert outsider.get(path).status_code == 410
    assert outsider.post(path, posted(BATCH)).status_code == 410


def test_a_link_leads_to_nothing_else(db):
    assert Client().get("/vendor-questionnaire/guess").status_code == 410


# Previews before there is a vendor

ORDER = {
    "type": "track",
    "event": "Order Completed",
    "messageId": "m-1",
    "userId": "u-1",
    "properties": {"order_id": "O-1", "revenue": 20, "email": "ann@example.com"},
}


def test_a_pasted_event_is_previewed_with_answers_that_are_not_kept(sign_in, samples):
    questionnaire = questionnaires.start(BY, samples.organization, "Pixelry")
    form = {**posted(GET), "go": "try", "try_event": json.dumps(ORDER)}

    page = sign_in().post(page_of(questionnaire), form).content.decode()

    assert "Would be sent" in page and "https://px.pixelry.example/p.gif?" in page
    assert "$properties.order_id (dictionary: order_id)" in page
    questionnaire.refresh_from_db()
    assert questionnaire.answers == {"name": "Pixelry"}


@pytest.mark.parametrize(
    ("event", "words"),
    [("no json", "This is no JSON object."), ('{"type": "nonsense"}', "it must be one of")],
)
def test_a_preview_says_what_is_wrong_with_the_event(sign_in, samples, event, words):
    questionnaire = questionnaires.start(BY, samples.organization, "Pixelry")

    page = sign_in().post(page_of(questionnaire), {**posted(GET), "go": "try", "try_event": event})

    assert words in page.content.decode()


def test_unfinished_answers_have_no_preview(sign_in, samples):
    questionnaire = questionnaires.start(BY, samples.organization, "Pixelry")

    page = sign_in().post(page_of(questionnaire), {"go": "try", "try_event": json.dumps(ORDER)})

    assert "Some answers are to be put right first." in page.content.decode()


def test_behind_the_link_only_what_was_pasted_is_previewed(samples):
    questionnaire = questionnaires.start(BY, samples.organization, "Pixelry")
    link = questionnaires.make_link(BY, questionnaire)
    path = link[link.index("/vendor-questionnaire") :]
    browser = Client(enforce_csrf_checks=True)
    asked = browser.get(path)
    form = {
        **posted(GET),
        "go": "try",
        "try_event": json.dumps(ORDER),
        "csrfmiddlewaretoken": browser.cookies["csrftoken"].value,
    }

    page = browser.post(path, form, headers={"origin": "http://testserver"})

    assert (
        asked["Referrer-Policy"] == "same-origin"
    )  # with none, a browser's form has no origin and is refused
    assert page.status_code == 200 and "Would be sent" in page.content.decode()
    assert "$properties.email (dictionary: email)" in page.content.decode()
    questionnaire.refresh_from_db()
    assert (questionnaire.answers, questionnaire.answered_at) == ({"name": "Pixelry"}, None)


def test_a_definition_is_tried_before_it_is_saved(sign_in, samples):
    page = sign_in().post(reverse(ADD), {"document": TEXT, "go": "try", "try_event": json.dumps(ORDER)})

    assert "Would be sent" in page.content.decode()
    assert not own(samples, "acme-own").exists()


def test_a_wrong_definition_is_not_tried(sign_in, samples):
    page = sign_in().post(
        reverse(ADD), {"document": TEXT.replace("POST,", "SEND,"), "go": "try", "try_event": "{}"}
    )

    assert "definition:14:19 operations.event.method" in page.content.decode()


@pytest.mark.parametrize(
    "event", [r'{"type": "track", "event": "\ud83d"}', r'{"type": "track", "\ud83d": 1}']
)
def test_half_a_character_is_told_and_breaks_no_page(sign_in, event):
    page = sign_in().post(reverse(ADD), {"document": TEXT, "go": "try", "try_event": event})

    assert page.status_code == 200 and "half of a surrogate pair" in page.content.decode()
