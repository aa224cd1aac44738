"""The Celery application: a worker pool and a clock. What is to be done stands in PostgreSQL."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "s2sadmin.settings")

app = Celery("s2sadmin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["accounts", "delivery", "integrations", "webhooks"])
