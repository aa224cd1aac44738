"""Tracking files: what one is made of, and its deterministic assembly from modules that were built before."""
