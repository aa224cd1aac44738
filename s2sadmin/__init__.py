"""Wiring: settings, urls, the Celery application, the embedded servers and the one-command run."""

from s2sadmin.celery import app as celery_app

__all__ = ["celery_app"]
