"""The event page tells in sentences who got the event, who did not and why, and what comes next."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.core.permissions import Role
from delivery.core.outcome import judge_status
from delivery.held import SUSPECTED
from delivery.ids import moment_of
from delivery.story import phases
from integrations.models import Attempt, Delivery, DeliveryRecord, Destination, DestinationLane, Event
from integrations.services.event_page import event_page
from integrations.services.event_stories import DestinationStory, State, headline
from integrations.services.lanes import REFUSALS
from integrations.services.wording import HIDDEN, masked_id, relative, utc, without_query
from tests.integrations.admin.conftest import SignIn
from tests.integrations.admin.pages import list_of, page_of
from tests.integrations.admin.samples import EMAIL, Samples, make_event

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def stories(samples: Samples) -> dict[str, DestinationStory]:
    page = event_page(samples.event, now=timezone.now(), shows_personal_data=True)
    return {story.destination: story for story in page.stories}


def text_of(client: Client, samples: Samples) -> str:
    """What a person reads on the page: without tags, in one line."""
    body = client.get(page_of(Event, samples.event.id)).content.decode()
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


# --- The page as it is read ---
def test_its_headline_says_how_many_got_it(staff: Client, samples: Samples) -> None:
    assert (
        "1 of 11 destinations got it; 1 refused, 1 given up after all attempts, 1 held for a decision, "
        "2 waiting for a retry, 2 waiting, 1 being sent, 1 cancelled, 1 skipped."
    ) in text_of(staff, samples)


@pytest.mark.parametrize(
    "sentence",
    [
        "with 2 attempts.",
        "PartnerStack does not know the partner key: check the click id.",
        "after 1 attempt: Answered 503: a fault on the other side.",
        "1 attempt so far. Answered 503: a fault on the other side. Next try: In 10 min",
        "Not tried yet. It waits until",
        "Not tried yet. A worker is sending it now.",
        "The destination is paused (Token expired): its deliveries wait. "
        "Next try: When somebody resumes the destination.",
        "The destination's breaker is open after 10 failed requests in a row: "
        "its deliveries wait and spend no attempts.",
        "The request left and no answer came: it may have arrived. Look it up at PartnerStack. "
        "Next try: None by itself: send it again, mark it as delivered, or cancel it. "
        "Send again Mark as delivered Cancel",
        "Cancelled was disabled.",
        "The visitor refused Advertising (optOut.advertising is true).",
        "Attempt 2 delivered answered 200",
        "Attempt 1 unknown no answer",
    ],
)
def test_it_reads_as_text(staff: Client, samples: Samples, sentence: str) -> None:
    assert sentence in text_of(staff, samples)


def test_while_sending_is_stopped_no_try_is_promised(staff: Client, samples: Samples, monkeypatch) -> None:
    monkeypatch.setattr("integrations.services.event_teller.is_stopped", lambda switch: True)

    text = text_of(staff, samples)

    assert "have stopped sending: all deliveries wait. Next try: When they start it again." in text
    assert "a worker takes it within seconds" not in text


def test_it_shows_each_attempts_request_and_response(staff: Client, samples: Samples) -> None:
    text = text_of(staff, samples)

    assert f"POST https://vendor.example/conversion/xid?email={EMAIL}" in text
    assert "Authorization Bearer ••••" in text
    assert '"key": "order-1001"' in text
    assert '"ok": true' in text
    assert "DNS 4.0 ms Connect 15.0 ms TLS 32.0 ms Wait 139.0 ms Rest 10.0 ms" in text


def test_it_names_the_missing_grant_instead_of_the_payload(sign_in: SignIn, samples: Samples) -> None:
    text = text_of(sign_in(Role.READ_ONLY), samples)

    assert HIDDEN in text
    assert "order-1001" not in text
    assert "Send again" not in text


def test_it_asks_a_handful_of_queries_and_counts_nothing(samples: Samples) -> None:
    event = Event.objects.get(id=samples.event.id)

    with CaptureQueriesContext(connection) as queries:
        page = event_page(event, now=timezone.now(), shows_personal_data=True)

    assert len(page.stories) == 11
    assert len(queries) <= 8  # however many stories there are; one of them at most once a second
    assert not [
        query for query in queries if "COUNT(" in query["sql"] or "JOIN integrations_attempt" in query["sql"]
    ]


def test_it_reads_one_day_of_results_only(samples: Samples) -> None:
    with CaptureQueriesContext(connection) as queries:
        event_page(samples.event, now=timezone.now(), shows_personal_data=True)

    results = next(query["sql"] for query in queries if 'FROM "integrations_deliveryresult"' in query["sql"])
    assert '"replay_id" IS NULL' in results
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {results}")
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert len(set(re.findall(r"integrations_deliveryresult_\d{8}", plan))) == 1


# --- The stories behind it ---
def test_a_broken_one_is_tried_when_its_breaker_lets_it(samples: Samples) -> None:
    story = stories(samples)["Broken"]

    lane = DestinationLane.objects.get(destination=samples.destinations["Broken"])
    assert story.state is State.RETRYING
    assert story.next_try_at == lane.breaker_open_until


def test_a_throttled_one_waits_for_the_vendor(samples: Samples) -> None:
    until = timezone.now() + timedelta(hours=2)
    DestinationLane.objects.filter(destination=samples.destinations["Retrying"]).update(throttled_until=until)

    story = stories(samples)["Retrying"]

    assert story.next_try_at == until
    assert story.sentence.endswith("The vendor asked to slow down: the destination's deliveries wait.")


def test_what_waits_behind_a_429_is_told_why_and_no_sentence_comes_twice(samples: Samples) -> None:
    reason = judge_status(429).reason
    lanes = DestinationLane.objects.filter(destination__in=samples.destinations.values())
    lanes.update(throttled_until=timezone.now() + timedelta(hours=2), throttled_reason=reason)
    Delivery.objects.filter(lane_id=samples.destinations["Retrying"].id).update(reason=reason)

    told = stories(samples)

    why = "The vendor asked to slow down: the destination's deliveries wait."
    assert told["Retrying"].sentence == f"1 attempt so far. {reason} {why}"
    assert told["Waiting"].sentence == f"Not tried yet. {why}"


def test_requests_that_spent_no_attempt_are_told_apart(samples: Samples) -> None:
    row = Delivery.objects.get(lane_id=samples.destinations["Retrying"].id)
    (first,) = row.attempt_ids
    Delivery.objects.filter(id=row.id).update(attempts=0)
    assert stories(samples)["Retrying"].sentence.startswith("1 request (no attempt spent) so far.")

    Delivery.objects.filter(id=row.id).update(attempts=1, attempt_ids=[first, uuid4(), uuid4()])

    assert stories(samples)["Retrying"].sentence.startswith("3 requests (1 attempt spent) so far.")


def test_of_a_paused_destinations_401_it_is_not_said_that_it_is_tried_again(
    staff: Client, samples: Samples
) -> None:
    suspected = SUSPECTED.format(most=REFUSALS)
    row = Delivery.objects.get(lane_id=samples.destinations["Paused"].id)
    Delivery.objects.filter(id=row.id).update(
        attempts=1, reason=f"Answered 401: Check the token. {suspected}"
    )

    told = stories(samples)["Paused"]
    listed = staff.get(list_of(DeliveryRecord)).content.decode()
    DestinationLane.objects.filter(destination_id=row.lane_id).update(paused_reason="")

    assert told.sentence == (
        "1 attempt so far. Answered 401: Check the token. "
        "The destination is paused (Token expired): its deliveries wait."
    )
    assert told.next_try == "When somebody resumes the destination."
    assert "Answered 401: Check the token." in listed and suspected not in listed
    assert suspected in staff.get(list_of(DeliveryRecord)).content.decode()
    assert suspected in stories(samples)["Paused"].sentence


def test_a_delayed_one_says_until_when_and_why(samples: Samples) -> None:
    row = Delivery.objects.get(lane_id=samples.destinations["Waiting"].id)
    due_at = moment_of(row.id) + timedelta(days=2)
    Delivery.objects.filter(id=row.id).update(due_at=due_at)

    story = stories(samples)["Waiting"]

    assert story.sentence == (
        f"Not tried yet. It waits until {utc(due_at)} because the destination's delay is 2 days."
    )
    assert story.next_try_at == due_at


def test_a_due_one_is_taken_within_seconds(samples: Samples) -> None:
    DestinationLane.objects.filter(destination=samples.destinations["Paused"]).update(paused_reason="")

    assert stories(samples)["Paused"].next_try == "Due now: a worker takes it within seconds."


def test_one_of_a_disabled_destination_is_about_to_be_cancelled(samples: Samples) -> None:
    Destination.objects.filter(id=samples.destinations["Waiting"].id).update(enabled=False)

    story = stories(samples)["Waiting"]

    assert story.sentence == "Waiting is disabled: this is cancelled as soon as a worker sees it."
    assert story.next_try == ""


def test_those_that_want_attention_stand_first(samples: Samples) -> None:
    assert list(stories(samples)) == [
        "Held",
        "Given up",
        "Refused",
        "Broken",
        "Retrying",
        "Paused",
        "Waiting",
        "Sending",
        "Delivered",
        "Cancelled",
        "Skipped",
    ]


def test_an_event_without_destinations_says_so(samples: Samples) -> None:
    event = make_event(samples.pipeline, timezone.now())

    page = event_page(event, now=timezone.now(), shows_personal_data=False)

    assert page.headline == "No destination was connected to this pipeline when the event came."
    assert page.unrecorded == "10 planned deliveries not stored any more."


def test_a_deleted_destination_still_has_its_story(samples: Samples) -> None:
    samples.destinations["Refused"].delete()

    story = stories(samples)["A deleted destination"]

    assert story.state is State.REJECTED
    assert len(story.attempt_stories) == 1


def test_it_hides_bodies_and_queries_without_the_grant(samples: Samples) -> None:
    page = event_page(samples.event, now=timezone.now(), shows_personal_data=False)

    attempt = next(story for story in page.stories if story.destination == "Held").attempt_stories[0]
    assert attempt.url == "https://vendor.example/conversion/xid?•••"
    assert (attempt.request_body, page.payload, page.user_id) == (HIDDEN, HIDDEN, "u•••42")


# --- Words ---
@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 s ago"),
        (59, "in 59 s"),
        (125, "in 2 min 5 s"),
        (600, "in 10 min"),
        (7_500, "in 2 h 5 min"),
        (200_000, "in 2 days"),
        (-12, "12 s ago"),
    ],
)
def test_it_says_times_as_people_do(seconds: int, words: str) -> None:
    assert relative(NOON + timedelta(seconds=seconds), now=NOON) == words


@pytest.mark.parametrize(("text", "masked"), [("user-4242", "u•••42"), ("abc", "•••"), ("", "")])
def test_it_masks_ids(text: str, masked: str) -> None:
    assert masked_id(text) == masked


def test_it_leaves_an_address_without_a_query_alone() -> None:
    assert without_query("https://vendor.example/a") == "https://vendor.example/a"


def test_a_headline_of_one_that_got_it() -> None:
    assert headline([State.DELIVERED]) == "1 of 1 destination got it."


def test_phases_leave_out_what_was_not_reached(samples: Samples) -> None:
    samples.attempt.tls_ms = None
    samples.attempt.first_byte_ms = None

    assert [(phase.name, phase.ms) for phase in phases(samples.attempt)] == [
        ("DNS", 4.0),
        ("Connect", 15.0),
        ("Rest", 181.0),
    ]


def test_a_story_has_the_mode_of_its_attempts_not_the_destinations_of_today(samples: Samples) -> None:
    Attempt.objects.update(mode="sandbox")

    told = stories(samples).values()

    assert {story.mode for story in told if story.attempt_stories} == {"sandbox"}
    assert {story.mode for story in told if not story.attempt_stories} == {"live"}
