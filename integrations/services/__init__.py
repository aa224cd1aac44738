"""What the product does, as plain functions that admin, API, ingest and workers call by name."""
