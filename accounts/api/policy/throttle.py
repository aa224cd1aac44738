"""How much a token may ask: counted by the minute in Valkey, for all processes together."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

WINDOW_S = 60


class PerPrincipal(BaseThrottle):
    """API_RATE_PER_MINUTE for each token or user. Without Valkey each process counts alone."""

    left_s = WINDOW_S

    def allow_request(self, request: Request, view: Any) -> bool:
        """Whether one more is allowed. The view's answer tells what is left."""
        now = int(time.time())
        self.left_s = WINDOW_S - now % WINDOW_S
        limit = settings.API_RATE_PER_MINUTE
        count = _count(f"api:{view.principal.kind}:{view.principal.id}:{now // WINDOW_S}")
        request.rate_headers = {
            "RateLimit-Limit": str(limit),
            "RateLimit-Remaining": str(max(0, limit - count)),
            "RateLimit-Reset": str(self.left_s),
        }
        return count <= limit

    def wait(self) -> float:
        return float(self.left_s)


def _count(key: str) -> int:
    if cache.add(key, 1, timeout=2 * WINDOW_S):
        return 1
    try:
        return int(cache.incr(key))
    except ValueError:  # it expired between the two
        return 1
