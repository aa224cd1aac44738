"""Make the partitions that will be needed, drop those past retention."""

from typing import Any

from django.core.management.base import BaseCommand

from integrations.services.partitions import keep_partitions


class Command(BaseCommand):
    """The beat task by hand."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what was done."""
        made, dropped = keep_partitions()
        self.stdout.write(f"{len(made)} partitions made, {len(dropped)} dropped")
