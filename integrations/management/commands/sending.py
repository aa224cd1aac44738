"""Stop and start all sending, or drain: stop the intake and send what can be sent."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from accounts.core.principal import system
from integrations.services.draining import Left, left
from integrations.services.switches import Switch, start, stop

BY = system("manage.py sending")
LOOK_S = 0.5


class Command(BaseCommand):
    """Requests that fly when sending is stopped are answered and recorded; everything else waits."""

    help = __doc__

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which way."""
        parser.add_argument("do", choices=["stop", "start", "drain"])
        parser.add_argument("--reason", default="", help="the admin and the audit log are told")
        parser.add_argument("--wait", action="store_true", help="return when nothing flies, or can be sent")
        parser.add_argument("--timeout", type=float, default=600.0, help="seconds of --wait; 600")

    def handle(self, *args: Any, **options: Any) -> None:
        """Say what was done, and what is left."""
        match options["do"]:
            case "stop":
                done = stop(BY, Switch.SENDING, options["reason"])
                self.stdout.write(
                    "Sending stops within a second." if done else "Sending was stopped already."
                )
            case "start":
                done = start(BY, Switch.SENDING)
                self.stdout.write("Sending goes on." if done else "Sending was on already.")
            case "drain":
                stop(BY, Switch.INTAKE, options["reason"] or "The installation is being drained.")
                start(BY, Switch.SENDING)
                self.stdout.write("Intake stops within a second; what can be sent is sent.")
        if options["wait"] and options["do"] != "start":
            self._wait(options["do"], options["timeout"])

    def _wait(self, do: str, timeout_s: float) -> None:
        deadline = time.monotonic() + timeout_s
        while True:
            now = left()
            if now.is_drained if do == "drain" else not now.sending:
                self.stdout.write(f"Done. {told(now)}")
                return
            if time.monotonic() > deadline:
                raise CommandError(f"Not done after {timeout_s:g} s. {told(now)} Is a worker running?")
            time.sleep(LOOK_S)


def told(now: Left) -> str:
    """What is left, in one line."""
    return (
        f"{now.sending} being sent, {now.due} due, {now.later} due later, "
        f"{now.blocked} waiting for their destination, {now.held} held for a person."
    )
