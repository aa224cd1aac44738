"""The web server's entry: events and files by their short ways, everything else by Django."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "s2sadmin.settings")
django = get_wsgi_application()

from integrations.ingest import wsgi as ingest  # noqa: E402 (after the apps are ready)
from integrations.serving import wsgi as serving  # noqa: E402

application = ingest.before(serving.before(django))
