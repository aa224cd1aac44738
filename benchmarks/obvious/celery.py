"""A Celery application of its own, with Celery's defaults: it shares only the broker with the product."""

from __future__ import annotations

from celery import Celery
from django.conf import settings

app = Celery("obvious", broker=settings.CELERY_BROKER_URL, set_as_current=False)
app.conf.update(
    task_default_queue="obvious",
    task_ignore_result=True,
    broker_connection_retry_on_startup=True,
    imports=["benchmarks.obvious.tasks"],
)
