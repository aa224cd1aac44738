"""The accounts app: who may do what."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users, organizations, members, secrets at rest."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
