"""What workers do with replays, until nothing is due, however slow the machine."""

from integrations.services.replays.turns import take_turn


def run_replays() -> None:
    """Take on all that is due."""
    while take_turn():
        pass
