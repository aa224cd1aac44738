"""The default cache: what processes count together stands in Valkey; while that is away, each has its own."""

from __future__ import annotations

import logging
from typing import Any

from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from redis import RedisError

log = logging.getLogger(__name__)


class SharedCache(BaseCache):
    """CACHES["shared"], or CACHES["process"] for whatever Valkey does not answer.

    Guesses and used codes are counted here, so it must neither be a process's alone nor stop a sign-in.
    """

    def __init__(self, _: str, params: dict[str, Any]) -> None:
        super().__init__(params)

    def add(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._ask("add", key, value, timeout, version))

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        return self._ask("get", key, default, version)

    def set(self, key: str, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        self._ask("set", key, value, timeout, version)

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return bool(self._ask("touch", key, timeout, version))

    def delete(self, key: str, version: int | None = None) -> bool:
        return bool(self._ask("delete", key, version))

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        return int(self._ask("incr", key, delta, version))

    def clear(self) -> None:
        """What is cached, and nothing else: Valkey holds more than a cache."""
        caches["process"].clear()
        client = caches["shared"]._cache.get_client(write=True)
        for key in client.scan_iter(f"{caches['shared'].key_prefix}:*"):
            client.delete(key)

    def _ask(self, method: str, *arguments: Any) -> Any:
        try:
            return getattr(caches["shared"], method)(*arguments)
        except RedisError as error:
            log.warning("Valkey does not count (%s): this process counts its own.", error)
            return getattr(caches["process"], method)(*arguments)
