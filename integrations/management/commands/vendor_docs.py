"""Write the catalogue's pages into docs/vendors, or check that they are current."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.services.catalogue import ROOT, CatalogueError, catalogue
from integrations.services.vendor_docs import pages

FOLDER = ROOT / "docs" / "vendors"


class Command(BaseCommand):
    """One page a vendor and an index; a page whose vendor is gone goes too."""

    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="write nothing, fail when a page is not current"
        )

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        try:
            wanted = pages(file.vendor for file in catalogue().values())
        except CatalogueError as error:
            raise CommandError(str(error)) from None
        there = {path.name: path.read_text() for path in FOLDER.glob("*.md")}
        stale = sorted(name for name in wanted.keys() | there.keys() if wanted.get(name) != there.get(name))
        if check and stale:
            raise CommandError(
                f"Not current: {', '.join(stale)}. Run `manage.py vendor_docs` and commit docs/vendors."
            )
        FOLDER.mkdir(exist_ok=True)
        for name in stale:
            if name in wanted:
                (FOLDER / name).write_text(wanted[name])
            else:
                (FOLDER / name).unlink()
        self.stdout.write(f"{len(wanted)} pages, {len(stale)} of them written anew or removed.")
