"""Every path of the hatch and what answers it. A new one is one line here."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from integrations.ingest.reply import Reply
from integrations.ingest.request import Request
from integrations.serving.cross_domain import cross_domain_id
from integrations.serving.file import live_file, pinned_file
from integrations.serving.hatch import Hatch
from integrations.serving.sdk_settings import rudderstack_config, segment_settings

Answer = Callable[[Request, Hatch, dict[str, str]], Reply]


@dataclass(frozen=True, slots=True)
class Route:
    """`answer` gets the named parts of the path. With `credentials` it is for the asking origin only."""

    answer: Answer
    credentials: bool = False


KEY = r"(?P<key>[A-Za-z0-9_-]{1,128})"
ROUTES: dict[str, Route] = {
    rf"/v1/pipelines/{KEY}/file": Route(live_file),
    rf"/v1/pipelines/{KEY}/file/(?P<sha256>[0-9A-Za-z]{{1,64}})\.js": Route(pinned_file),
    rf"/analytics\.js/v1/{KEY}/analytics(?:\.min)?\.js": Route(live_file),  # the path in Segment's snippet
    rf"/v1/projects/{KEY}/settings": Route(segment_settings),
    r"/sourceConfig": Route(rudderstack_config, credentials=True),
    r"/v1/cross_domain_direct/id": Route(cross_domain_id, credentials=True),
}
PATTERNS = [(re.compile(pattern + "/?"), route) for pattern, route in ROUTES.items()]
STARTS = ("/v1/pipelines/", "/analytics.js/", "/v1/projects/", "/sourceConfig", "/v1/cross_domain_direct/")


def find_route(path: str) -> tuple[Route, dict[str, str]] | None:
    """The route and the named parts of the path, with or without a slash at the end."""
    if not path.startswith(STARTS):
        return None
    for pattern, route in PATTERNS:
        if found := pattern.fullmatch(path):
            return route, found.groupdict()
    return None
