"""What the file endpoint must hear of."""

from __future__ import annotations

from integrations.models import TrackingFile
from integrations.services.served.changes import pipeline_changed


def deployed(file: TrackingFile) -> None:
    """What is live, for how long it may be kept, or who hosts it has changed.

    Best called in the transaction that changes it: then no fetch after the commit gets old bytes.
    """
    pipeline_changed(file.pipeline_id)
