"""Replays: durable jobs that deliver stored events again."""
