"""Make a revision of each built-in vendor whose file changed."""

from typing import Any

from django.core.management.base import BaseCommand

from integrations.services.vendors import load_catalogue


class Command(BaseCommand):
    """Run after each upgrade; destinations keep the revision that they pin."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what was made."""
        for revision in load_catalogue():
            self.stdout.write(f"{revision.name} revision {revision.revision}")
