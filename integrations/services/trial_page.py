"""What a page shows of an event that was tried: the verdict, the fields with their sources, the requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from integrations.services.field_sources import Sources
from integrations.services.preparing import Prepared
from integrations.services.previews import ShownRequest
from integrations.services.wording import pretty

WORDS = {"sent": "Would be sent", "skipped": "Skipped", "rejected": "Refused"}


def trial_context(prepared: Prepared, shown: Sequence[ShownRequest], told: Sources) -> dict[str, Any]:
    """The variables of templates/integrations/trial.html."""
    missing = [one.sentence for one in told.missing]
    return {
        "verdict": WORDS[prepared.verdict.value],
        "prepared": prepared,
        "sentence": "" if prepared.sentence in missing else prepared.sentence,
        "requests": [(one, pretty(one.body)) for one in shown],
        "told": told,
    }
