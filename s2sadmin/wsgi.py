"""The web server's entry: ingest by its short way, everything else by Django."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "s2sadmin.settings")
django = get_wsgi_application()

from integrations.ingest.wsgi import before  # noqa: E402 (after the apps are ready)

application = before(django)
