"""The docs say what the code says."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def test_every_setting_is_documented():
    text = (ROOT / "s2sadmin/settings.py").read_text()
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_0-9]+)"', text)) | {"PORT", "SANDBOX_PORT"}
    documented = set(re.findall(r"`([A-Z_0-9]+)`", (ROOT / "docs/settings.md").read_text()))

    assert len(read) > 15
    assert read <= documented


@pytest.mark.parametrize(
    "page", sorted(ROOT.glob("*.md")) + sorted((ROOT / "docs").rglob("*.md")), ids=lambda p: p.name
)
def test_links_between_pages_lead_somewhere(page):
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"
