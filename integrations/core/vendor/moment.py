"""What only the moment of sending knows: the time, a nonce, and the access tokens of then."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

# What stands in a preview where only the moment of sending knows.
ANY_TOKEN = "<access token>"  # noqa: S105  # a placeholder
ANY_SIGNATURE = "<signature>"
ANY_NONCE = "<nonce>"
ANY_TIME = "<time>"


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """`tokens` are access tokens by the key of their grant; `new_nonce` gives another text at each call."""

    now: datetime
    new_nonce: Callable[[], str]
    tokens: Mapping[str, str] = field(default_factory=dict)
