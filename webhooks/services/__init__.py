"""What can be done with subscriptions, messages and their deliveries."""
