"""Whether a client already has what it asks for: conditional requests of RFC 9110, section 13."""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import parsedate_to_datetime

# An entity tag, weak or strong; a comma may stand inside the quotes.
TAG = re.compile(r'(?:W/)?"([\x21\x23-\x7e\x80-\xff]*)"')


def has_it(
    etag: str, modified_at: datetime | None, if_none_match: str | None, if_modified_since: str | None
) -> bool:
    """Whether the answer is 304. `etag` is strong, with its quotes; a date counts only without tags."""
    if if_none_match is not None:
        return matches(etag, if_none_match)
    if modified_at is None or if_modified_since is None:
        return False
    return not _is_newer(modified_at, if_modified_since)


def matches(etag: str, if_none_match: str) -> bool:
    """The weak comparison: `W/` makes no difference."""
    if if_none_match.strip() == "*":
        return True
    return etag.strip('"') in TAG.findall(if_none_match)


def _is_newer(modified_at: datetime, than: str) -> bool:
    """What is no HTTP date is ignored, as is a date without zone."""
    try:
        date = parsedate_to_datetime(than)
        return modified_at.replace(microsecond=0) > date
    except (TypeError, ValueError, OverflowError):
        return True
