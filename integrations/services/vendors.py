"""Vendor revisions: built-in files become rows, rows become compiled vendors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from integrations.core.vendor import Vendor
from integrations.models import VendorRevision
from integrations.services.catalogue import VendorFile, catalogue, load_text, read_document


@dataclass(frozen=True, kw_only=True, slots=True)
class Card:
    """A vendor as a list of vendors shows it."""

    about: str
    classification: str


def load_catalogue() -> list[VendorRevision]:
    """Make a revision of each built-in vendor whose file changed; the revisions made.

    The files are those of a release, whose tests compile them all: here none is, so that a start is quick.
    """
    rows = VendorRevision.objects.filter(organization=None).order_by("slug", "-revision").distinct("slug")
    newest = {row.slug: row for row in rows.defer("document")}
    return VendorRevision.objects.bulk_create(
        _next_revision(slug, file, newest.get(slug))
        for slug, file in catalogue().items()
        if slug not in newest or newest[slug].sha256 != file.sha256
    )


def newest_revision(slug: str) -> VendorRevision | None:
    """The latest revision of a built-in vendor."""
    return VendorRevision.objects.filter(organization=None, slug=slug).order_by("-revision").first()


def compiled(revision: VendorRevision) -> Vendor:
    """The vendor of a revision, compiled once per process: a revision never changes."""
    return _compiled(revision.sha256, revision.slug, revision.document)


def card(revision: VendorRevision) -> Card:
    """For lists: compiling every vendor would keep their first reader waiting for seconds."""
    return _card(revision.sha256, revision.slug, revision.document)


@lru_cache(maxsize=500)
def _card(sha256: str, slug: str, document: str) -> Card:
    declared = read_document(document, slug)
    return Card(about=str(declared["about"]), classification=str(declared["consent"]["classification"]))


@lru_cache(maxsize=500)
def _compiled(sha256: str, slug: str, document: str) -> Vendor:
    return load_text(document, slug)


def _next_revision(slug: str, file: VendorFile, newest: VendorRevision | None) -> VendorRevision:
    return VendorRevision(
        slug=slug,
        name=file.name,
        revision=newest.revision + 1 if newest else 1,
        document=file.text,
        sha256=file.sha256,
    )
