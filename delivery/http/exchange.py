"""One request on its way, from its submission to its response."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic

from delivery.core.request import Request
from delivery.http.routes import NOWHERE, Route
from delivery.http.target import Target


@dataclass(slots=True, eq=False)
class Exchange:
    """A request, where it goes and how far it got. Times are of the monotonic clock."""

    token: object
    request: Request
    target: Target
    header_lines: list[str | bytes]
    submitted_at: float
    deadline_at: float = field(init=False)
    started_at: float = 0.0
    dns_ms: float | None = None
    route: Route = NOWHERE
    addresses: tuple[str, ...] = ()
    tried: int = 0
    redirects: int = 0
    is_fresh: bool = field(init=False)  # goes out on a new connection, not on a kept one

    def __post_init__(self) -> None:
        self.is_fresh = not self.request.is_repeatable
        self.deadline_at = self.submitted_at + self.request.deadline_ms / 1000

    @property
    def address(self) -> str:
        """The one that is tried now."""
        return self.addresses[self.tried]

    @property
    def peer(self) -> str:
        """Host, address and port, for people."""
        return f"{self.target.host} ({self.address}) port {self.target.port}"

    @property
    def elapsed_ms(self) -> int:
        """Since it was submitted."""
        return round((monotonic() - self.submitted_at) * 1000)
