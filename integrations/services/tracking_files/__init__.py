"""Tracking files: drafts are saved and checked, built, compared, and deployed to the cluster."""
