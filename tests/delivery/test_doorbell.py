"""The doorbell: one ring until it is answered, and never in the way."""

import time

import pytest
import redis
from django.conf import settings as django_settings

from delivery import doorbell


@pytest.fixture
def valkey():
    doorbell._client.cache_clear()
    doorbell._Silence.until = 0.0
    with redis.Redis.from_url(django_settings.DOORBELL_URL) as client:
        client.flushdb()
        yield client
        client.flushdb()
    doorbell._client().close()
    doorbell._client.cache_clear()
    doorbell._Silence.until = 0.0


def test_many_rings_send_one_task_until_one_is_answered(valkey):
    for _ in range(5):
        doorbell.ring()
    assert valkey.llen("celery") == 1

    doorbell.answer()
    doorbell.ring()
    assert valkey.llen("celery") == 2


def test_a_ring_expires_by_itself(valkey):
    doorbell.ring()

    assert 0 < valkey.ttl(doorbell.RING) <= doorbell.RING_S


def test_a_dead_broker_costs_one_short_wait_and_raises_nothing(valkey, settings, tmp_path):
    settings.DOORBELL_URL = f"unix://{tmp_path}/nobody.sock"
    doorbell._client.cache_clear()

    doorbell.ring()
    assert doorbell._Silence.until > time.monotonic()
    doorbell.ring()
    doorbell.answer()
