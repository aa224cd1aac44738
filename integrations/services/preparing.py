"""One event made ready for one vendor: rendered and packed as production does it, and not sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.conf import settings as installation

from integrations.core.event import Event
from integrations.core.vendor import (
    BatchRequest,
    Element,
    Mode,
    Refused,
    Rejected,
    RejectReason,
    Skipped,
    Vendor,
)
from integrations.core.vendor.moment import Moment


class Verdict(StrEnum):
    """What becomes of an event at a destination, as far as can be known without sending it."""

    SENT = "sent"
    SKIPPED = "skipped"
    REJECTED = "rejected"


@dataclass(frozen=True, kw_only=True, slots=True)
class Prepared:
    """The requests that carry the event, or why there are none: `reason` of a closed list, and a sentence.

    `notes` are sentences on optional fields that were left out. The event goes out in `parts` records, of
    which those numbered `sent` are members of the requests.
    """

    verdict: Verdict
    vendor: Vendor
    reason: str = ""
    sentence: str = ""
    notes: tuple[str, ...] = ()
    requests: tuple[BatchRequest, ...] = ()
    parts: int = 0
    sent: tuple[int, ...] = ()


def rendered(
    vendor: Vendor,
    event: Event,
    settings: Mapping[str, object],
    *,
    now: datetime,
    mode: Mode,
    moment: Moment | None = None,
    max_age_s: int | None = None,
) -> Prepared:
    """What the vendor gets of the event. Without a moment placeholders stand where only it knows.

    `max_age_s` is the destination's own limit.
    """
    made = vendor.render_all(event, settings, now=now, mode=mode, max_age_s=max_age_s)
    if vendor.needed_now(settings) and any(isinstance(one, Element) for one in made):
        sentence = " ".join(one.message for one in vendor.needed_now(settings))
        return not_sent(vendor, Verdict.REJECTED, RejectReason.SETTINGS.value, sentence, parts=len(made))
    elements: dict[int, Element] = {}
    notes: list[str] = []
    for number, one in enumerate(made):
        if isinstance(one, Skipped):
            return not_sent(vendor, Verdict.SKIPPED, one.reason.value, one.sentence)
        if isinstance(one, Rejected):
            if len(made) == 1:
                return not_sent(vendor, Verdict.REJECTED, one.code.value, one.reason, parts=1)
            notes.append(f"Part {number + 1} of {len(made)} is not sent. {one.reason}")
        else:
            elements[number] = one
            notes += one.notes
    if not elements:
        reason = RejectReason.MAPPING.value
        return not_sent(vendor, Verdict.REJECTED, reason, " ".join(notes), parts=len(made))
    packed = vendor.requests(
        list(elements.values()), settings, mode=mode, sandbox_url=installation.SANDBOX_URL, moment=moment
    )
    if refused := _refused(packed):
        return not_sent(vendor, Verdict.REJECTED, refused.code.value, refused.reason, parts=len(made))
    return Prepared(
        verdict=Verdict.SENT,
        vendor=vendor,
        notes=tuple(notes),
        requests=tuple(one for one in packed if isinstance(one, BatchRequest)),
        parts=len(made),
        sent=tuple(elements),
    )


def not_sent(vendor: Vendor, verdict: Verdict, reason: str, sentence: str, *, parts: int = 0) -> Prepared:
    return Prepared(verdict=verdict, vendor=vendor, reason=reason, sentence=sentence, parts=parts)


def _refused(packed: Sequence[BatchRequest | Refused]) -> Refused | None:
    return next((one for one in packed if isinstance(one, Refused)), None)
