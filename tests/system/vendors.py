"""The run's sandbox, as the tests ask it."""

from __future__ import annotations

from tests.integrations.sandbox.client import SandboxClient


class Vendors(SandboxClient):
    """The sandbox's client, with what only a whole run needs."""

    @property
    def are_healthy(self) -> bool:
        """No fault is set, or each was met as often as it was set for: those requests are in flight now."""
        return "None: every vendor answers as documented." in self.get("/control").text

    def recover(self) -> None:
        """End all faults and let go of the requests that are held; what was received stays."""
        self.post("/control/reset", timeout=5).raise_for_status()
