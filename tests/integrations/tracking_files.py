"""Tracking files for tests, made as the product makes them."""

from __future__ import annotations

from typing import Any

from integrations.core.tracking_file.problem import Problem
from integrations.models import TrackingFile
from integrations.services.tracking_files.drafts import file_of, save_draft
from tests.integrations.pipelines import BY, make_pipeline

HOSTING_URL = "https://cdn.shop.example/s.js"


def make_file(*vendors: str, **settings: Any) -> TrackingFile:
    """The file of a new web pipeline with these vendors, hosted on a CDN, with a consent platform."""
    file = file_of(make_pipeline(*vendors, kind="web"))
    consent = {"sources": ["onetrust"]}
    save_draft(BY, file, {"settings": {"file_hosting_url": HOSTING_URL, **settings}, "consent": consent})
    return file


def told(problems: tuple[Problem, ...]) -> dict[str, str]:
    """Sentences by pointer."""
    return {one.pointer: one.sentence for one in problems}
