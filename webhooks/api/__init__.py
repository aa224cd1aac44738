"""The REST API of webhooks: a window on the services."""
