"""The REST API of who may do what."""
