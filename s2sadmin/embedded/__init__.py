"""PostgreSQL and Valkey from Python wheels, for the one-command run and the tests."""
