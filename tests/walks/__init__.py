"""Walks over everything there is: models, admin pages, operations of the API."""
