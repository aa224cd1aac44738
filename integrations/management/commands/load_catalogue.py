"""Make a revision of each built-in vendor whose file changed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from integrations.services.catalogue import CatalogueError
from integrations.services.vendors import load_catalogue


class Command(BaseCommand):
    """Run after each upgrade; destinations keep the revision that they pin."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what was made."""
        try:
            made = load_catalogue()
        except CatalogueError as error:
            raise CommandError(str(error)) from None
        for revision in made:
            self.stdout.write(f"{revision.name} revision {revision.revision}")
