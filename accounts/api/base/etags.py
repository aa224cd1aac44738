"""Entity tags: a hash of the representation, asked for before a write and before an answer."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from typing import Any

from django.utils.http import parse_etags
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request

from accounts.api.policy.problems import Changed


def etag_of(representation: Mapping[str, Any], volatile: Collection[str] = ()) -> str:
    """The strong tag of a representation, without what changes by itself."""
    kept = {name: value for name, value in representation.items() if name not in volatile}
    return f'"{hashlib.sha256(JSONRenderer().render(kept)).hexdigest()[:32]}"'


def check_match(request: Request, etag: str) -> None:
    """Changed when If-Match names other states of the row than this one. Weak tags match nothing."""
    given = request.headers.get("If-Match")
    if given is not None and not {"*", etag} & set(parse_etags(given)):
        raise Changed


def is_known(request: Request, etag: str) -> bool:
    """Whether If-None-Match says that the client has this state already."""
    given = parse_etags(request.headers.get("If-None-Match", ""))
    return bool({"*", etag} & {tag.removeprefix("W/") for tag in given})
