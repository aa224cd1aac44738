"""A form that is sent twice at the same moment."""

from __future__ import annotations

import threading
from urllib.parse import urlsplit

from django.db import connection
from django.test import Client

from accounts.core.permissions import Role
from accounts.core.principal import system
from accounts.models import Member, Organization, User
from accounts.services.members import invite

PASSWORD = "correct horse battery"


def test_an_invitation_accepted_by_two_clicks_makes_one_user(transactional_db: None) -> None:
    organization = Organization.objects.create(name="Shop", slug="shop")
    _, link = invite(system("a test"), organization, email="bob@shop.example", role=Role.READ_ONLY)
    barrier, statuses = threading.Barrier(2), []

    def click() -> None:
        client = Client(raise_request_exception=False)
        barrier.wait(10)
        answer = client.post(urlsplit(link).path, {"password": PASSWORD, "repeated": PASSWORD})
        statuses.append(answer.status_code)
        connection.close()

    threads = [threading.Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 302 in statuses
    assert max(statuses) < 500
    assert (User.objects.count(), Member.objects.count()) == (1, 1)
