"""What workers do with replays, until nothing is due, however slow the machine."""

from integrations.services.replays.steps import step


def run_replays() -> None:
    """Take on all that is due."""
    while step():
        pass
