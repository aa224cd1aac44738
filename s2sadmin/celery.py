"""The Celery application: a worker pool and a clock. What is to be done stands in PostgreSQL."""

import os
from typing import Any

from celery import Celery
from celery.signals import heartbeat_sent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "s2sadmin.settings")

app = Celery("s2sadmin")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["accounts", "delivery", "integrations", "webhooks"])


@heartbeat_sent.connect
def sign_of_life(sender: Any, **_: object) -> None:
    """The worker's main process lives and talks to the broker. It keeps no connection for its children."""
    from django.db import connection

    from integrations.services.heartbeats import WORKER, sign

    sign(WORKER, str(sender.eventer.hostname))
    connection.close()
