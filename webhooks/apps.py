"""The webhooks app: signed notifications of what changed."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    """Subscriptions, their secrets, messages and the deliveries of these."""

    name = "webhooks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Its checks are found by being imported."""
        from webhooks import checks  # noqa: F401
