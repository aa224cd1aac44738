"""Admin pages of webhooks."""
