"""What the filter's editor offers while somebody types: fields, and names of events that came."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from integrations.core.dictionary import MEANINGS
from integrations.core.event import TYPES
from integrations.models import Event, Pipeline

READ = 50  # of the pipeline's latest events
MOST = 60  # fields of these
ABOUT = {
    "event": "the name of a track event",
    "type": f"one of {', '.join(TYPES)}",
    "name": "the name of a page or screen",
}
USUAL = (
    "revenue currency coupon order_id payment_method email phone user_id country page_url page_path "
    "page_referrer utm_source utm_medium utm_campaign device_type os_name app_name locale ip"
)


def suggestions(pipeline: Pipeline | None, *, shows_personal_data: bool) -> Mapping[str, Any]:
    """`fields` as (what is written, what it means); `names` of events. What events hold is looked at only for
    those who may see it.
    """
    told = {**ABOUT, **{name: MEANINGS[name].label for name in USUAL.split()}}
    if pipeline is None:
        return {"fields": list(told.items()), "names": []}
    rows = Event.objects.filter(pipeline_id=pipeline.id).order_by("-id")
    names = rows.values_list("type", "name")[:READ]
    payloads = rows.values_list("payload", flat=True)[:READ] if shows_personal_data else []
    seen = dict.fromkeys(_paths(payloads), "in recent events")
    return {"fields": [*told.items(), *seen.items()], "names": _names(names)}


def _paths(payloads: Iterable[Any]) -> Sequence[str]:
    """The properties and traits that these events have."""
    found: dict[str, None] = {}
    for payload in payloads:
        for part in ("properties", "traits"):
            holder = payload.get(part)
            names = [name for name in holder if _is_plain(name)] if isinstance(holder, dict) else []
            found |= {f"${part}.{name}": None for name in names}
    return sorted(found)[:MOST]


def _is_plain(name: str) -> bool:
    return name.isascii() and name.replace("_", "").replace("-", "").isalnum() and len(name) <= 60


def _names(rows: Iterable[tuple[str, str]]) -> Sequence[str]:
    return sorted({name for _, name in rows if name})
