"""Make the demo organization once; the last line printed is JSON that tells how to get in."""

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from integrations.services.demo import demo


class Command(BaseCommand):
    """Run after migrate and load_catalogue, with SANDBOX_URL set."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        """Make it or find it."""
        self.stdout.write(json.dumps(asdict(demo())))
