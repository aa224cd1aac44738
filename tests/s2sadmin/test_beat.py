"""The clock rings only what workers know."""

from django.conf import settings

from s2sadmin.celery import app
from webhooks.services.recoveries import TASK


def test_every_task_of_the_beat_is_registered_with_the_workers():
    app.loader.import_default_modules()

    rung = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert rung | {TASK} <= set(app.tasks)
