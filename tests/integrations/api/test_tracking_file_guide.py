"""docs/tracking-file.md runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from integrations.models import ConsentCategory, FileDeployment, Pipeline
from tests.accounts.api.calls import token_of
from tests.integrations.pipelines import make_pipeline

GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "tracking-file.md").read_text()
BY_API = GUIDE.split("\n## By API\n")[1].split("\n## ")[0]


@pytest.fixture
def pipeline(live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    """What somebody has who has a token, a cluster and the guide."""
    pipeline = make_pipeline(kind="web")
    ConsentCategory.objects.update(cmp_codes=["C0004"])
    monkeypatch.setenv("S2S_URL", live_server.url)
    monkeypatch.setenv("S2S_TOKEN", token_of(pipeline.organization))
    return pipeline


def test_the_python_examples_run_in_their_order(pipeline: Pipeline) -> None:
    source = "\n".join(re.findall(r"```python\n(.*?)```", BY_API, re.DOTALL))
    names: dict[str, Any] = {}

    exec(compile(source, "docs/tracking-file.md", "exec"), names)
    names["api"].close()

    deployment = FileDeployment.objects.get()
    assert deployment.tracking_file.pipeline.organization == pipeline.organization
    assert deployment.build.number == 1
