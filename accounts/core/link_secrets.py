"""What is stored of the secret in a link that was handed out."""

from __future__ import annotations

import hashlib


def link_digest(secret: str) -> bytes:
    """32 bytes to find the link by. A secret of 256 random bits can not be guessed back from them."""
    return hashlib.sha256(secret.encode()).digest()
