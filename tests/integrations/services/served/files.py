"""Builds of any bytes, deployed as the product does it, and a stand-in for the database on a bad day."""

from __future__ import annotations

import gzip
import hashlib

from django.db import OperationalError
from django.utils import timezone

from integrations.models import FileBuild, Pipeline
from integrations.services.tracking_files.deployments import deploy
from integrations.services.tracking_files.drafts import file_of
from tests.integrations.pipelines import BY


def build(pipeline: Pipeline, content: bytes) -> FileBuild:
    file = file_of(pipeline)
    return FileBuild.objects.create(
        tracking_file=file,
        number=file.builds.count() + 1,
        config={},
        module_set="test",
        content=content,
        content_gzip=gzip.compress(content, mtime=0),
        content_brotli=b"br:" + content,
        sha256=hashlib.sha256(content).hexdigest(),
        integrity="",
        size=len(content),
        size_gzip=0,
        size_brotli=0,
        made_at=timezone.now(),
        made_by="a test",
    )


def make_live(made: FileBuild) -> None:
    deploy(BY, made.tracking_file, made)


def upload(pipeline: Pipeline, content: bytes) -> FileBuild:
    made = build(pipeline, content)
    make_live(made)
    return made


def away(*_: object) -> None:
    """What every read says while PostgreSQL is down."""
    raise OperationalError("connection refused")


def size_in_memory(made: FileBuild) -> int:
    return len(made.content) + len(made.content_gzip) + len(made.content_brotli)
