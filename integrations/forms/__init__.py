"""Forms that pages of the admin and pages without signing in share."""
