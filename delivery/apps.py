"""The delivery app: the engine. It owns no table."""

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    """Anything that must reach an HTTP endpoint."""

    name = "delivery"
