"""Make the partitions that will be needed, drop those past retention."""

from typing import Any

from django.core.management.base import BaseCommand

from integrations.services import partitions as of_events
from webhooks.services import partitions as of_messages


class Command(BaseCommand):
    """The beat tasks by hand."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what was done."""
        kept = [of_events.keep_partitions(), of_messages.keep_partitions()]
        made, dropped = (sum(len(names) for names in one) for one in zip(*kept, strict=True))
        self.stdout.write(f"{made} partitions made, {dropped} dropped")
