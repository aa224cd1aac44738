"""Every path of the doors and what answers it. A new door is one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from integrations.core.normalise import SENDABLE_TYPES
from integrations.ingest.batch import take_batch
from integrations.ingest.door import Door
from integrations.ingest.pixel import as_gif, take_pixel
from integrations.ingest.reply import SUCCESS, Reply
from integrations.ingest.request import Request
from integrations.ingest.single import take_event


@dataclass(frozen=True, slots=True)
class Route:
    """`answer` gets the type that the path names; `finish` changes its reply, also an error."""

    answer: Callable[[Request, Door, str], Reply]
    type_hint: str = ""
    method: str = "POST"
    finish: Callable[[Reply], Reply] | None = None


def swallow(request: Request, door: Door, type_hint: str) -> Reply:
    """Segment's browser library reports on itself at `/v1/m`; nobody needs it here."""
    return SUCCESS


ROUTES: dict[str, Route] = {
    **{f"/v1/{name}": Route(take_event, name) for name in SENDABLE_TYPES},
    **{f"/v1/{name[0]}": Route(take_event, name) for name in SENDABLE_TYPES},
    **{path: Route(take_batch) for path in ("/v1/batch", "/v1/b", "/v1/import", "/beacon/v1/batch")},
    "/v1/m": Route(swallow),
    "/v1/pixel/track": Route(take_pixel, "track", "GET", as_gif),
    "/v1/pixel/page": Route(take_pixel, "page", "GET", as_gif),
    "/pixel/v1/track": Route(take_pixel, "track", "GET", as_gif),
    "/pixel/v1/page": Route(take_pixel, "page", "GET", as_gif),
}


def find_route(path: str) -> Route | None:
    """With or without a slash at the end."""
    return ROUTES.get(path) or ROUTES.get(path.removesuffix("/"))
