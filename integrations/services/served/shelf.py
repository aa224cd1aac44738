"""Everything that the file routes can ask for, and the one of this process."""

from __future__ import annotations

from functools import cache
from uuid import UUID

from django.conf import settings

from integrations.core.served.facts import Build, Clusters, Content, KeyFacts
from integrations.services.served import rows
from integrations.services.served.contents import Contents
from integrations.services.served.fetches import Fetches
from integrations.services.served.known import Known
from integrations.services.served.reader import Reader

MOST_KEYS = 10_000  # known and unknown ones


class Shelf:
    """Each answer is as of the call; Away when the database is away and nothing is known."""

    def __init__(self, *, most_bytes: int, most_keys: int = MOST_KEYS) -> None:
        self._reader = Reader()
        self.contents = Contents(self._reader, most_bytes=most_bytes)
        self._keys = Known(self._reader, "key", KeyFacts, self._look_up, most=most_keys)
        self._clusters = Known(self._reader, "clusters", Clusters, rows.clusters, most=1)
        self._fetches = Fetches(self._reader)

    def key(self, key: str) -> KeyFacts | None:
        """None when it is unknown or revoked."""
        return self._keys.get(key)

    def has_key(self, key: str) -> bool:
        """Whether the key is remembered as a good one; asks nobody."""
        return self._keys.has(key)

    def clusters(self) -> Clusters:
        return self._clusters.get("all") or Clusters(by_host={})

    def content(self, build: Build) -> Content | None:
        """None when the build was removed."""
        return self.contents.get(build.id)

    def fetched(self, key_id: UUID) -> None:
        """Note it, behind the answer."""
        self._fetches.note(key_id)

    def close(self) -> None:
        self._reader.close()

    def _look_up(self, key: str) -> KeyFacts | None:
        facts = rows.key_facts(key)
        if facts is not None and facts.live is not None:
            self.contents.keep_copied(facts.live.build.id)
        return facts


@cache
def shelf() -> Shelf:
    """The one of this process."""
    return Shelf(most_bytes=settings.FILE_MEMORY)
