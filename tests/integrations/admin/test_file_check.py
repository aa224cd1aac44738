"""The checker's button on File Summary says what it found, or what to do first."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from integrations.services.tracking_files.drafts import file_of
from tests.integrations.pipelines import make_pipeline


@pytest.mark.django_db
def test_it_says_what_to_do_before_there_is_a_build(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root@here.example"))
    file = file_of(make_pipeline())

    address = reverse("admin:integrations_trackingfile_check_hosting_url", args=[file.pk])
    page = client.get(address, follow=True)

    assert page.status_code == 200
    assert b"first" in page.content
