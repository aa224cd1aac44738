"""Stop and start the intake of events for the whole installation."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from accounts.core.principal import system
from integrations.services.switches import Switch, start, stop

BY = system("manage.py intake")


class Command(BaseCommand):
    """While it is stopped senders are answered 503 with Retry-After; tracking files are served."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which way."""
        parser.add_argument("do", choices=["stop", "start"])
        parser.add_argument("--reason", default="", help="senders and the audit log are told")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what was done."""
        if options["do"] == "stop":
            done = stop(BY, Switch.INTAKE, options["reason"])
            self.stdout.write("Intake stops within a second." if done else "Intake was stopped already.")
        else:
            done = start(BY, Switch.INTAKE)
            self.stdout.write("Intake goes on within a second." if done else "Intake was on already.")
