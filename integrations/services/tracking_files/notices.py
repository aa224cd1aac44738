"""What an organization's webhook hears of its tracking files (seed 001's table of payload fields)."""

from __future__ import annotations
