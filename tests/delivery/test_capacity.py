"""Throughput follows what the other side can take, and learning that costs few refused requests."""

import time

import pytest

from delivery.core.retry import RetryPolicy
from tests.delivery.capacity import Stretch, vendor
from tests.delivery.queue_rows import add_lane, add_rows
from tests.delivery.test_worker import PostsRowIds, drain, edge

pytestmark = pytest.mark.django_db
__all__ = ["edge"]


def test_throughput_follows_a_limit_that_changes(edge):
    lane = add_lane()
    add_rows(lane, 1_500)
    stretches = roomy, narrow, wide = Stretch(8.0, 50), Stretch(8.0, 10), Stretch(8.0, 80)

    with vendor(*stretches) as limited:
        owner = PostsRowIds({lane: limited.url}, concurrency=16, retry=RetryPolicy())
        until = time.monotonic() + sum(stretch.seconds for stretch in stretches)
        while time.monotonic() < until:
            drain(owner, edge, claiming_s=1.0)
            time.sleep(0.1)

    taken, refused = (sum(getattr(one, name) for one in stretches) for name in ("taken", "refused"))
    assert refused < 0.25 * (taken + refused)  # no storms
    assert roomy.taken > narrow.capacity  # more than the narrow one lets through
    assert narrow.taken > 0.2 * narrow.capacity
    assert narrow.refused < narrow.capacity
    assert wide.taken > 0.5 * narrow.taken and wide.refused < 0.1 * wide.capacity
