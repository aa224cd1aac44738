"""The demo shop's tracking file follows the address at which the demo is started."""

from __future__ import annotations

import pytest

from integrations.models import Cluster, ConsentCategory, TrackingFile
from integrations.services.demo_file import live_snippet
from tests.integrations.pipelines import BY, make_pipeline

pytestmark = pytest.mark.django_db


def test_it_is_made_once_and_moves_with_the_demo(settings):
    pipeline = make_pipeline(kind="web", environment="development")
    for code in ("functional", "analytics"):
        ConsentCategory.objects.create(organization=pipeline.organization, code=code, name=code)

    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    first = live_snippet(BY, pipeline)
    again = live_snippet(BY, pipeline)
    settings.PUBLIC_URL = "http://127.0.0.1:9000"
    moved = live_snippet(BY, pipeline)

    assert first == again
    assert "http://127.0.0.1:8000/v1/pipelines/" in first
    assert "http://127.0.0.1:9000/v1/pipelines/" in moved
    assert Cluster.objects.get().base_url == "http://127.0.0.1:9000"
    file = TrackingFile.objects.get()
    assert (file.builds.count(), file.live_build.number) == (2, 2)
