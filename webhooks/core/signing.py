"""Signatures of a request, in two forms that verify with the one secret that the customer was shown.

The contract's header is keyed with the secret as it is written; Standard Webhooks 1.0.0 with the bytes that
its base64 part stands for.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
SECRET_BYTES = 32

Headers = tuple[tuple[str, str], ...]


def secret_text(key: bytes) -> str:
    """A secret as it is shown: `whsec_` and base64."""
    return PREFIX + base64.b64encode(key).decode()


def signed_headers(
    body: bytes, *, message_id: str, at: datetime, secrets: Sequence[str], header_prefix: str
) -> Headers:
    """The headers of one attempt, sent at `at`. `secrets` are those that are valid now, newest first.

    `webhook-signature` has one signature for each. The contract's header holds one only: the oldest secret's,
    so that a receiver that does not know the new one yet still verifies.
    """
    timestamp = str(int(at.timestamp()))
    return (
        (f"{header_prefix}-Signature", contract_signature(secrets[-1], timestamp, body)),
        (f"{header_prefix}-Timestamp", timestamp),
        ("webhook-id", message_id),
        ("webhook-timestamp", timestamp),
        (
            "webhook-signature",
            " ".join(standard_signature(one, message_id, timestamp, body) for one in secrets),
        ),
    )


def contract_signature(secret: str, timestamp: str, body: bytes) -> str:
    """`sha256=` and hex HMAC-SHA256 of `<timestamp>.<body>`, keyed with the text of the secret."""
    return "sha256=" + hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()


def standard_signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """`v1,` and base64 HMAC-SHA256 of `<id>.<timestamp>.<body>`, keyed with the decoded secret."""
    content = f"{message_id}.{timestamp}.".encode() + body
    digest = hmac.new(key_of(secret), content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def key_of(secret: str) -> bytes:
    """The bytes behind a secret's base64 part. ValueError when it is none."""
    try:
        return base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("The secret is not base64.") from error
