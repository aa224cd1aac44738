"""What a draft stands in: facts of its pipeline, organization and vendors that it refers to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from integrations.core.tracking_file.config import Category

UNNAMED_LIFETIME_DAYS = 365  # of a vendor's sync that declares none


@dataclass(frozen=True, kw_only=True, slots=True)
class Declared:
    """One sync as a vendor declares it; texts of its options may hold {settings.x}."""

    id: str
    method: str
    options: Mapping[str, object]
    lifetime_days: int = UNNAMED_LIFETIME_DAYS
    cookie: str = ""
    about: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Offer:
    """What one vendor of the pipeline brings: its syncs, with what its destinations say.

    `settings` are those of the first destination that may be shown; `differing` names the others whose
    settings would give other syncs.
    """

    vendor: str  # slug, and the provider of its ids
    name: str
    destinations: tuple[str, ...]
    categories: tuple[str, ...]  # codes, of all its destinations together
    uncategorised: tuple[str, ...] = ()  # destinations that belong to no category
    settings: Mapping[str, object] = field(default_factory=dict)
    differing: tuple[str, ...] = ()
    syncs: tuple[Declared, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Surroundings:
    """All that is looked up for a draft."""

    write_key: str  # the primary; empty when there is none
    endpoint_urls: tuple[str, ...] = ()  # of every unrevoked key, the primary's first
    is_web: bool = True
    is_development: bool = False
    may_auto_deploy: bool = True
    is_explicit: bool = True  # the pipeline's own policy
    categories: tuple[Category, ...] = ()
    offers: tuple[Offer, ...] = ()
