"""The REST API of the accounts; `base` is what resources of every app are built from."""
