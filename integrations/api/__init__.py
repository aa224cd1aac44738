"""The REST API of events, vendors and deliveries."""
