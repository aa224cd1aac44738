"""The audit log by API: filters, export, retention."""

import csv
import io
import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEntry, User
from accounts.services.audit import drop_old
from tests.accounts.api.calls import api_of, codes, signed_in

NOW = timezone.now()


@pytest.fixture
def reader(organization):
    reader = api_of(organization, "read:audit")
    AuditEntry.objects.all().delete()
    return reader


def add(organization, action="update:pipeline", actor="ann@shop.example", target="Web", at=NOW, **fields):
    return AuditEntry.objects.create(
        at=at,
        organization_id=organization.pk if organization else None,
        actor_kind="user",
        actor_id="7",
        actor=actor,
        is_staff=False,
        action=action,
        target_type="pipeline",
        target_id="p-1",
        target=target,
        **fields,
    )


def found(reader, query):
    return [one["id"] for one in reader.get(f"audit?{query}").json()["results"]]


def test_an_entry_tells_who_did_what_from_where(organization, reader):
    entry = add(organization, address="203.0.113.7", changes={"name": ["Old", "Web"]})

    assert reader.get(f"audit/{entry.pk}").json() == {
        "id": entry.pk,
        "at": NOW.isoformat().replace("+00:00", "Z"),
        "organization": str(organization.pk),
        "actor_kind": "user",
        "actor_id": "7",
        "actor": "ann@shop.example",
        "is_staff": False,
        "address": "203.0.113.7",
        "action": "update:pipeline",
        "target_type": "pipeline",
        "target_id": "p-1",
        "target": "Web",
        "changes": {"name": ["Old", "Web"]},
    }


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("actor=BOB@shop.example", ["b"]),
        ("actor_id=8", []),
        ("action=update:pipeline", ["a"]),
        ("action=update", ["a"]),
        ("action=token", ["b"]),
        ("action=up", []),
        ("target_type=pipeline", ["b", "a"]),
        ("target_id=p-2", []),
        ("search=web", ["a"]),
        ("search=create", ["b"]),
        ("search=100%25", []),
    ],
)
def test_filters(organization, reader, query, expected):
    ids = {
        "a": add(organization).pk,
        "b": add(organization, action="create:token", actor="bob@shop.example", target="CI").pk,
    }

    assert found(reader, query) == [ids[name] for name in expected]


def test_since_is_part_of_the_time_and_until_is_not(organization, reader):
    at = "2026-11-21T12:00:00Z"
    entry = add(organization, at=at)

    assert found(reader, f"since={at}") == [entry.pk]
    assert found(reader, f"until={at}") == []
    assert found(reader, "since=2026-11-21T13:00:00%2B02:00&until=2026-11-21T12:00:01Z") == [entry.pk]
    assert codes(reader.get("audit?since=yesterday")) == {"since": "invalid"}


def test_entries_of_others_and_of_the_installation_are_not_there(organization, other, reader):
    strangers = [add(other), add(None)]

    assert found(reader, "") == []
    assert found(reader, f"organization={other.pk}") == []
    for entry in strangers:
        assert reader.get(f"audit/{entry.pk}").status_code == 404


def test_staff_sees_all(organization, other):
    root = signed_in(User.objects.create_superuser("root@here.example"))
    entries = [add(organization), add(other), add(None)]

    assert {entry.pk for entry in entries} <= set(found(root, ""))
    assert root.get(f"audit/{entries[2].pk}").status_code == 200


def test_nobody_writes_it(organization, api):
    entry = add(organization)

    assert api.post("audit", {}).status_code == 405
    assert api.patch(f"audit/{entry.pk}", {}).status_code == 405
    assert api.delete(f"audit/{entry.pk}").status_code == 405


def test_a_json_file_has_all_that_the_filters_leave(organization, other, reader):
    entries = [add(organization, target=f"Web {number}") for number in range(3)]
    add(organization, action="create:token")
    add(other)

    answer = reader.get("audit/export?action=update:pipeline")

    assert answer.streaming
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit.json"'
    rows = json.loads(answer.getvalue())
    assert [one["id"] for one in rows] == [entry.pk for entry in reversed(entries)]
    assert rows[0] == reader.get(f"audit/{entries[2].pk}").json()


def test_an_empty_json_file_is_a_list(reader):
    assert json.loads(reader.get("audit/export").getvalue()) == []


def test_a_csv_file_has_a_column_for_each_member(organization, reader):
    entry = add(organization, target='A "quoted", name', changes={"name": ["Ä", None]})

    answer = reader.get("audit/export?format=csv")

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.getvalue().decode())))
    assert len(rows) == 1
    assert (rows[0]["id"], rows[0]["target"]) == (str(entry.pk), 'A "quoted", name')
    assert json.loads(rows[0]["changes"]) == {"name": ["Ä", None]}


def test_a_spreadsheet_gets_no_formula(organization, reader):
    add(organization, target="=HYPERLINK(1)")

    assert "'=HYPERLINK(1)" in reader.get("audit/export?format=csv").getvalue().decode()


def test_a_file_of_another_kind_is_refused(reader):
    assert codes(reader.get("audit/export?format=xml")) == {"format": "invalid"}
    assert codes(reader.get("audit/export?limit=5")) == {"limit": "unknown"}


def test_a_file_needs_the_permission(organization):
    assert api_of(organization, "read:member").get("audit/export").status_code == 403


def test_entries_of_many_pages_come_in_one_file(organization, reader):
    AuditEntry.objects.bulk_create(
        AuditEntry(at=NOW, organization_id=organization.pk, is_staff=False, target=str(number))
        for number in range(2500)
    )

    answer = reader.get("audit/export")

    assert sum(1 for _ in answer.streaming_content) == 2501
    assert len(json.loads(reader.get("audit/export").getvalue())) == 2500


def test_old_entries_are_dropped(organization, reader):
    add(organization, at=NOW - timedelta(days=365, seconds=1))
    kept = add(organization, at=NOW - timedelta(days=365))

    assert drop_old(365, NOW) == 1
    assert AuditEntry.objects.get() == kept
