"""The integrations app: events in, vendor requests out."""

from django.apps import AppConfig


class IntegrationsConfig(AppConfig):
    """Pipelines, events, vendors, destinations and their deliveries."""

    name = "integrations"
    default_auto_field = "django.db.models.BigAutoField"
