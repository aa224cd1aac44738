"""Every list of API and admin asks the database as often for many rows as for few."""

from __future__ import annotations

from django.contrib import admin
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from tests.walks.operations import every_operation
from tests.walks.test_browser_safety import path_of
from tests.walks.world import World, more_rows


def lists(world: World) -> dict[str, str]:
    """The addresses of all lists by their names."""
    found = {
        one.id: path_of(world, one)
        for one in every_operation()
        if one.method == "GET" and one.id.endswith("_list")
    }
    for model in admin.site._registry:
        found[model.__name__] = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    return found


def cost(client: Client, address: str) -> int:
    client.get(address)  # caches fill
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(address).status_code == 200
    selects = [one["sql"] for one in asked if one["sql"].startswith("SELECT")]  # a session's use is written
    return sum("integrations_operatorswitch" not in sql for sql in selects)  # and read once a second


def test_a_list_costs_no_query_a_row(world: World) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root@here.example"))
    addresses = lists(world)
    few = {name: cost(client, address) for name, address in addresses.items()}

    more_rows("third", "fourth")

    assert len(few) > 30
    assert {name: cost(client, address) for name, address in addresses.items()} == few
