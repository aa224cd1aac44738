"""Pages outside the admin: signing in, one's own account, joining an organization."""
