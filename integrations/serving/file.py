"""The Cluster File Endpoint, and the address of each build that ever was live."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import format_datetime

from integrations.core.served.conditions import has_it
from integrations.core.served.encodings import Encoding, choose
from integrations.core.served.facts import Build, Content
from integrations.ingest.reply import Refusal, Reply
from integrations.ingest.request import Request
from integrations.serving.hatch import Hatch
from integrations.serving.keys import facts_of

HASH = re.compile(r"[0-9a-f]{12,64}")
SCRIPT = {"Content-Type": "application/javascript; charset=utf-8", "Accept-Ranges": "none"}
STALE_S = 86_400  # how long an old file may still be used while the new one is fetched
FOREVER = "public, max-age=31536000, immutable"
NO_FILE = (
    "There is no tracking file at this address. It is here from the first upload to the cluster on, unless "
    "its owner hosts it. Copy the address from the File Summary page."
)
NO_BUILD = (
    "No build with this hash was ever uploaded to the cluster. Copy the address from the File Summary page; "
    "it has at least 12 digits of the SHA-256."
)


def live_file(request: Request, hatch: Hatch, path: dict[str, str]) -> Reply:
    """The live build of the key's pipeline."""
    facts = facts_of(request, hatch, path["key"])
    live = facts.live if facts else None
    if facts is None or live is None:
        raise missing(NO_FILE)
    keep = (
        f"max-age={live.cache_seconds}, stale-while-revalidate={STALE_S}"
        if live.cache_seconds
        else "no-cache"
    )
    reply = _reply(request, hatch, live.build, f"public, {keep}", live.deployed_at)
    hatch.shelf.fetched(facts.key_id)
    return reply


def pinned_file(request: Request, hatch: Hatch, path: dict[str, str]) -> Reply:
    """A build by its hash: it never changes, and it stays when another one goes live or hosting moves."""
    facts = facts_of(request, hatch, path["key"])
    build = facts.pinned(path["sha256"]) if facts and HASH.fullmatch(path["sha256"]) else None
    if facts is None or build is None:
        raise missing(NO_BUILD)
    reply = _reply(request, hatch, build, FOREVER, None)
    hatch.shelf.fetched(facts.key_id)
    return reply


def missing(message: str) -> Refusal:
    """The same for an unknown key, a revoked one, and one without a file."""
    return Refusal(404, "no_file", message)


def _reply(
    request: Request, hatch: Hatch, build: Build, cache_control: str, modified_at: datetime | None
) -> Reply:
    encoding = choose(request.headers.get("accept-encoding"))
    if encoding is None:
        message = "The file comes as br, gzip and identity. Accept one of them in Accept-Encoding."
        raise Refusal(406, "not_acceptable", message)
    headers = {"ETag": etag(build, encoding), "Cache-Control": cache_control, "Vary": "Accept-Encoding"}
    if modified_at:
        headers["Last-Modified"] = format_datetime(modified_at.astimezone(UTC), usegmt=True)
    if has_it(
        headers["ETag"],
        modified_at,
        request.headers.get("if-none-match"),
        request.headers.get("if-modified-since"),
    ):
        return Reply(304, headers=headers)
    content = hatch.shelf.content(build)
    if content is None:
        raise missing(NO_FILE)
    if encoding is not Encoding.IDENTITY:
        headers["Content-Encoding"] = encoding.value
    return Reply(200, _body(content, encoding), SCRIPT | headers)


def etag(build: Build, encoding: Encoding) -> str:
    """Strong: the hash of the plain bytes, and which form of them this is."""
    return f'"{build.sha256}"' if encoding is Encoding.IDENTITY else f'"{build.sha256}-{encoding.value}"'


def _body(content: Content, encoding: Encoding) -> bytes:
    match encoding:
        case Encoding.BROTLI:
            return content.brotli
        case Encoding.GZIP:
            return content.gzip
    return content.plain
