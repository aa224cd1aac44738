"""Pages by cursor: all rows once, whatever comes in between."""

from urllib.parse import urlsplit

import pytest
from django.utils import timezone

from accounts.models import AuditEntry
from tests.accounts.api.calls import api_of, codes


def entry(organization, number, at=None):
    return AuditEntry(
        at=at or timezone.now(), organization_id=organization.pk, actor_kind="system", actor_id="",
        actor="a test", is_staff=False, action="test:page", target=str(number),
    )  # fmt: skip


@pytest.fixture
def reader(organization):
    reader = api_of(organization, "read:audit")
    AuditEntry.objects.all().delete()
    return reader


def fill(organization, count):
    AuditEntry.objects.bulk_create(entry(organization, number) for number in range(count))


def walk(api, url, link="next"):
    pages = []
    while url:
        body = api.get(url).json()
        pages.append([one["target"] for one in body["results"]])
        url = body[link]
    return pages


def test_250_rows_come_once_each_newest_first(organization, reader):
    fill(organization, 250)

    pages = walk(reader, "audit?limit=40")

    assert [len(page) for page in pages] == [40, 40, 40, 40, 40, 40, 10]
    assert [one for page in pages for one in page] == [str(number) for number in reversed(range(250))]


def test_rows_that_come_meanwhile_move_nothing(organization, reader):
    fill(organization, 30)
    first = reader.get("audit?limit=20").json()
    entry(organization, "late").save()

    second = reader.get(first["next"]).json()

    assert [one["target"] for one in second["results"]] == [str(number) for number in reversed(range(10))]


def test_previous_leads_back_to_the_first_page(organization, reader):
    fill(organization, 50)
    first = reader.get("audit?limit=20").json()
    last = reader.get(reader.get(first["next"]).json()["next"]).json()

    assert last["next"] is None
    back = walk(reader, last["previous"], "previous")

    assert [len(page) for page in back] == [20, 20]
    assert back[1] == [one["target"] for one in first["results"]]


def test_50_rows_unless_asked_and_no_count(organization, reader):
    fill(organization, 60)

    body = reader.get("audit").json()

    assert set(body) == {"next", "previous", "results"}
    assert len(body["results"]) == 50


def test_links_keep_filters_and_name_the_host_that_was_asked(organization, reader):
    fill(organization, 3)

    link = urlsplit(reader.get("audit?limit=1&action=test:page").json()["next"])

    assert (link.scheme, link.netloc, link.path) == ("http", "testserver", "/api/v1/audit")
    assert "action=test%3Apage" in link.query
    assert "limit=1" in link.query


def test_200_rows_are_the_most(organization, reader):
    fill(organization, 201)

    assert len(reader.get("audit?limit=200").json()["results"]) == 200
    assert codes(reader.get("audit?limit=201")) == {"limit": "invalid"}


@pytest.mark.parametrize("limit", ["0", "-1", "x", "", "1.5", "²", "9" * 5000])
def test_a_limit_that_is_none(reader, limit):
    assert codes(reader.get(f"audit?limit={limit}")) == {"limit": "invalid"}


@pytest.mark.parametrize("cursor", ["x", "cD14", "bz0tMQ==", "ä", "cD05OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTl4"])
def test_a_cursor_that_is_none(organization, reader, cursor):
    assert codes(reader.get(f"audit?cursor={cursor}")) == {"cursor": "invalid"}


def test_a_list_shows_the_rows_of_its_organization_only(organization, other, reader):
    fill(organization, 2)
    fill(other, 2)

    assert [one["organization"] for one in reader.get("audit").json()["results"]] == [
        str(organization.pk)
    ] * 2
