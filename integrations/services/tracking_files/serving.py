"""What the file endpoint must hear of."""

from __future__ import annotations

from integrations.models import TrackingFile


def deployed(file: TrackingFile) -> None:
    """Call after the commit that changed what is live, or for how long it may be kept."""
