"""Show the exact requests for events, without network and without database."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import msgspec
from django.conf import settings as installation
from django.core.management.base import BaseCommand, CommandError, CommandParser

from integrations.core.normalise import BadEvent, normalise
from integrations.core.vendor import BatchRequest, Element, Mode, Refused, Rejected, Skipped, Vendor
from integrations.core.vendor.changes import problems_of
from integrations.core.vendor.changes.apply import changed
from integrations.core.vendor.explain import explain
from integrations.core.vendor.sourced import sourced_fields
from integrations.services.catalogue import CatalogueError, built_in, built_in_slugs
from integrations.services.mapping_changes import in_words


class BadLine(Exception):
    """A line of input that says nothing usable."""


class Command(BaseCommand):
    """JSON lines in (`event`, `settings`, `now`, `mode`, `mapping_changes`), one JSON line each out."""

    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the vendor, as its file in integrations/catalogue is named")

    def handle(self, *args: Any, slug: str, **options: Any) -> None:
        """One answer per line; a bad line is answered and the next one is read."""
        try:
            vendor = built_in(slug)
        except CatalogueError as error:
            raise CommandError(str(error)) from None
        except KeyError:
            self.stderr.write(f"There is no vendor {slug}. Known are {', '.join(built_in_slugs())}.")
            sys.exit(1)
        for line in sys.stdin:
            if line.strip():
                answer = preview_line(vendor, line, now=lambda: datetime.now(UTC))
                self.stdout.write(json.dumps(answer, ensure_ascii=False))


def preview_line(vendor: Vendor, line: str, *, now: Callable[[], datetime]) -> dict[str, object]:
    """What delivery would send for one line of input."""
    try:
        document = _document(line)
        at = _moment(document.get("now"), now)
        event = normalise(document["event"], received_at=at)
        mode = _mode(document.get("mode") or "live")
        vendor = _changed(vendor, document.get("mapping_changes"))
    except BadEvent as bad:
        return {"rejected": bad.message}
    except BadLine as bad:
        return {"rejected": str(bad)}
    settings = document["settings"]
    parts = vendor.render_all(event, settings, now=at, mode=mode)
    told = [explain(vendor, event, settings, now=at, mode=mode, part=part) for part, _ in enumerate(parts)]
    missing = [_plain(one) for explanation in told if explanation for one in explanation.missing]
    elements: list[Element] = []
    for made in parts:
        if isinstance(made, Skipped):
            return {"skipped": str(made.reason), "sentence": made.sentence}
        if isinstance(made, Rejected):
            return {"rejected": made.reason, "missing": missing}
        elements.append(made)
    sandbox_url = getattr(installation, "SANDBOX_URL", "")
    sent = vendor.requests(elements, settings, mode=mode, sandbox_url=sandbox_url)
    if refused := [item.reason for item in sent if isinstance(item, Refused)]:
        return {"rejected": refused[0], "missing": missing}
    requests = [item for item in sent if not isinstance(item, Refused)]
    fields: list[dict[str, object]] = []
    for number, item in enumerate(requests, start=1):
        carried = [one for member in item.members if (one := told[member]) is not None]
        made_of = sourced_fields(vendor, item, carried, settings, mode=mode)
        fields += [{"request": number, **_plain(field)} for field in made_of]
    left_out = [_plain(one) for explanation in told if explanation for one in explanation.left_out]
    answer: dict[str, object] = {"requests": [_shown(item.request) for item in requests]}
    if tokens := _token_requests(vendor, requests, settings, mode, sandbox_url):
        answer["token_requests"] = tokens
    return {**answer, "fields": fields, "left_out": left_out}


def _plain(told: Any) -> dict[str, object]:
    return msgspec.to_builtins(asdict(told))  # type: ignore[no-any-return]


def _token_requests(
    vendor: Vendor, requests: list[BatchRequest], settings: dict[str, Any], mode: Mode, sandbox_url: str
) -> list[dict[str, object]]:
    """What is sent before, when no access token is at hand; a signature needs the moment of sending."""
    grants = {
        grant.key: grant
        for item in requests
        if (grant := vendor.grant(item.operation, settings, mode=mode, sandbox_url=sandbox_url))
    }
    return [_shown(grant.request(None)) for grant in grants.values()]


def _document(line: str) -> dict[str, Any]:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        raise BadLine('The line is no JSON. Write {"event": {...}, "settings": {...}} on one line.') from None
    if not isinstance(document, dict) or not isinstance(document.get("event"), dict):
        raise BadLine('The line has no event. Write {"event": {...}, "settings": {...}} on one line.')
    document.setdefault("settings", {})
    if not isinstance(document["settings"], dict):
        raise BadLine("settings must be an object of the vendor's settings.")
    return document


def _changed(vendor: Vendor, documents: Any) -> Vendor:
    if problems := problems_of(documents, vendor):
        raise BadLine(in_words(problems[0], documents))
    return changed(vendor, documents or [])


def _moment(text: object, now: Callable[[], datetime]) -> datetime:
    if text is None:
        return now()
    try:
        moment = datetime.fromisoformat(str(text))
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadLine("now must be ISO 8601, such as 2024-01-15T10:30:00Z.") from None


def _mode(text: object) -> Mode:
    try:
        return Mode(str(text))
    except ValueError:
        raise BadLine(f"mode must be one of {', '.join(Mode)}.") from None


def _shown(request: Any) -> dict[str, object]:
    return {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body": request.logged_body.decode(),
    }
