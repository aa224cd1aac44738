"""The audit log in the admin: who sees what, filters, differences, files."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.core.permissions import Role
from accounts.models import AuditEntry, Organization
from tests.accounts.admin import people
from tests.accounts.admin.people import client_of, member, signed_in, staff

LIST = "admin:accounts_auditentry_changelist"


@pytest.fixture
def shop(db: None) -> Organization:
    return people.organization()


def entry(place: Organization | None = None, **values: Any) -> AuditEntry:
    defaults = {
        "at": datetime(2026, 11, 20, 12, tzinfo=UTC),
        "organization_id": place.id if place else None,
        "actor_kind": "user",
        "actor": "ann@shop.example",
        "is_staff": False,
        "address": "203.0.113.9",
        "action": "update:pipeline",
        "target_type": "pipeline",
        "target": "Web",
        "changes": {"name": ["Old", "New"]},
    }
    return AuditEntry.objects.create(**{**defaults, **values})


def shown(client: Client, query: str = "") -> list[int]:
    return [row.pk for row in client.get(f"{reverse(LIST)}?{query}").context["cl"].result_list]


def page(client: Client, one: AuditEntry) -> Any:
    return client.get(reverse("admin:accounts_auditentry_change", args=[one.id]))


def exports(client: Client, query: str = "") -> list[str]:
    """The addresses that the list offers: CSV, then JSON."""
    return [url for _, url in client.get(f"{reverse(LIST)}?{query}").context["exports"]]


def file(client: Client, url: str) -> str:
    cache.clear()
    answer = client.get(url)
    assert answer.streaming
    return b"".join(answer).decode()  # type: ignore[arg-type]


# --- Who sees what ---
@pytest.mark.parametrize("role", list(Role))
def test_every_member_reads_the_log_of_their_organization(shop: Organization, role: Role) -> None:
    own = entry(shop)
    strange, installation = entry(people.organization("other")), entry()
    client = signed_in("bob@shop.example", shop, role)

    assert shown(client) == [own.id]
    assert page(client, own).status_code == 200
    assert page(client, strange).status_code == page(client, installation).status_code == 404


def test_staff_reads_all_of_it(shop: Organization) -> None:
    entries = [entry(shop), entry(people.organization("other")), entry()]

    assert shown(staff()) == [one.id for one in reversed(entries)]


def test_nobody_writes_it(shop: Organization) -> None:
    one, client = entry(shop), staff()

    answers = [
        client.get(reverse("admin:accounts_auditentry_add")),
        client.post(reverse("admin:accounts_auditentry_delete", args=[one.id]), {"post": "yes"}),
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
    assert AuditEntry.objects.filter(pk=one.id).exists()


def test_it_marks_what_staff_did(shop: Organization) -> None:
    by_staff = entry(shop, is_staff=True)
    client = signed_in("bob@shop.example", shop)

    assert ">Staff<" in client.get(reverse(LIST)).content.decode().replace(" ", "").replace("\n", "")
    assert "Done by installation staff" in page(client, by_staff).content.decode()


# --- Filters and search ---
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("action=revoke:token", {"token"}),
        ("actor=bob@shop.example", {"bob"}),
        ("since=2026-11-21", {"late"}),
        ("until=2026-11-19", {"early"}),
        ("since=2026-11-20&until=2026-11-20", {"token", "bob", "found"}),
        ("q=find me", {"found"}),
        ("q=REVOKE", {"token"}),
        ("since=nonsense&until=2026-99-99", {"token", "bob", "early", "late", "found"}),
        ("until=9999-12-31", {"token", "bob", "early", "late", "found"}),
    ],
)
def test_it_filters_and_the_files_with_it(shop: Organization, query: str, names: set[str]) -> None:
    entries = {
        "token": entry(shop, action="revoke:token"),
        "bob": entry(shop, actor="bob@shop.example"),
        "early": entry(shop, at=datetime(2026, 11, 19, 23, 59, 59, tzinfo=UTC)),
        "late": entry(shop, at=datetime(2026, 11, 21, tzinfo=UTC)),
        "found": entry(shop, target="Please find me here"),
    }
    client = signed_in("ann@shop.example", shop)
    expected = {entries[name].id for name in names}

    assert set(shown(client, query)) == expected
    as_csv, as_json = exports(client, query)
    assert {row["id"] for row in json.loads(file(client, as_json))} == expected
    assert {int(row["id"]) for row in csv.DictReader(file(client, as_csv).splitlines())} == expected


def test_it_filters_by_organization_and_the_files_with_it(shop: Organization) -> None:
    other = people.organization("other")
    one, _ = entry(other), entry(shop)
    client = staff()

    assert shown(client, f"organization={other.id}") == [one.id]
    _, as_json = exports(client, f"organization={other.id}")
    assert [row["id"] for row in json.loads(file(client, as_json))] == [one.id]


def test_a_strange_organization_in_the_address_is_ignored(shop: Organization) -> None:
    other = people.organization("other")
    own, _ = entry(shop), entry(other)
    client = signed_in("ann@shop.example", shop)

    assert shown(client, f"organization={other.id}") == [own.id]
    assert str(other.id) not in "".join(exports(client, f"organization={other.id}"))


def test_a_file_has_only_what_the_member_may_read(shop: Organization) -> None:
    own, _ = entry(shop), entry(people.organization("other"))
    client = signed_in("ann@shop.example", shop)

    _, as_json = exports(client)

    assert [row["id"] for row in json.loads(file(client, as_json))] == [own.id]


def test_a_filter_offers_nothing_of_other_organizations(shop: Organization) -> None:
    entry(people.organization("other"), actor="eve@other.example", action="update:secret_thing")

    body = signed_in("ann@shop.example", shop).get(reverse(LIST)).content.decode()

    assert "eve@other.example" not in body
    assert "secret_thing" not in body


# --- One entry ---
def test_its_page_says_field_by_field_what_changed(shop: Organization) -> None:
    one = entry(
        shop,
        changes={
            "name": ["Old", "New"],
            "enabled": [True, False],
            "consent_categories": [["Ads"], ["Ads", "Analytics"]],
            "secrets.api_key": ["••••", "••••"],
            "secrets.token": ["••••", None],
            "settings.pixel_id": [None, "77"],
        },
    )

    body = page(signed_in("ann@shop.example", shop), one).content.decode()

    cells = [
        ("Name", "Old", "New"),
        ("Enabled", "yes", "no"),
        ("Consent categories", "Ads", "Ads, Analytics"),
        ("Secrets: api key", "was set", "changed"),
        ("Secrets: token", "was set", "cleared"),
        ("Settings: pixel id", "-", "77"),
    ]
    for field, before, after in cells:
        assert f"<td>{field}</td>" in body
        assert f">{before}</td>" in body
        assert f"<b>{after}</b>" in body
    assert "203.0.113.9" in body


def test_its_page_escapes_what_people_typed(shop: Organization) -> None:
    one = entry(shop, changes={"name": ["<script>alert(1)</script>", "x"]}, target="<img src=x>")

    body = page(signed_in("ann@shop.example", shop), one).content.decode()

    assert "<script>alert(1)" not in body
    assert "<img src=x>" not in body


def test_the_address_is_the_one_that_no_trusted_proxy_has(shop: Organization, settings: Any) -> None:
    settings.INGEST_TRUSTED_PROXIES = ["10.0.0.0/8"]
    bob = member("bob@shop.example", shop, Role.READ_ONLY)
    client = client_of(member("ann@shop.example", shop).user)
    client.post(
        reverse("admin:accounts_member_change", args=[bob.id]),
        {"role": Role.ADMIN},
        REMOTE_ADDR="10.1.1.1",
        HTTP_X_FORWARDED_FOR="198.51.100.7, 203.0.113.50, 10.2.2.2",
    )

    assert AuditEntry.objects.get().address == "203.0.113.50"


def test_without_trusted_proxies_nobody_is_believed(shop: Organization) -> None:
    bob = member("bob@shop.example", shop, Role.READ_ONLY)
    url = reverse("admin:accounts_member_change", args=[bob.id])
    signed_in("ann@shop.example", shop).post(
        url, {"role": Role.ADMIN}, HTTP_X_FORWARDED_FOR="198.51.100.7", REMOTE_ADDR="192.0.2.1"
    )

    assert AuditEntry.objects.get().address == "192.0.2.1"
