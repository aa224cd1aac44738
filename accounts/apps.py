"""The accounts app: who may do what."""

from django.apps import AppConfig, apps
from django.contrib import admin


class AccountsConfig(AppConfig):
    """Users, organizations, members, secrets at rest."""

    name = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen for sign-ins, and take the libraries' own tables out of the admin: they hold secrets."""
        import accounts.sign_in_audit  # noqa: F401

        for label in ("account", "socialaccount", "mfa", "axes"):
            for model in apps.get_app_config(label).get_models():
                if admin.site.is_registered(model):
                    admin.site.unregister(model)
