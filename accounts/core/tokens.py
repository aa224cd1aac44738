"""The text of an API token: `s2s_<prefix>_<secret><checksum>`, which secret scanners find by its form."""

from __future__ import annotations

import hashlib
import hmac
import re
import zlib
from dataclasses import dataclass

PATTERN = re.compile(r"s2s_([a-z0-9]{8})_([A-Za-z0-9]{32})([0-9a-f]{8})")


@dataclass(frozen=True, slots=True)
class TokenText:
    """A token as its holder has it: the prefix may be shown, the whole never again."""

    prefix: str
    whole: str

    @property
    def digest(self) -> bytes:
        """What is stored. The secret has 190 bits, so a plain hash can't be guessed back."""
        return hashlib.sha256(self.whole.encode()).digest()

    def matches(self, digest: bytes) -> bool:
        """Whether this is the token behind a stored digest, in constant time."""
        return hmac.compare_digest(self.digest, digest)


def make_token(prefix: str, secret: str) -> TokenText:
    """The token of 8 lower-case letters and digits, and 32 letters and digits."""
    body = f"s2s_{prefix}_{secret}"
    return TokenText(prefix, f"{body}{zlib.crc32(body.encode()):08x}")


def read_token(text: str) -> TokenText | None:
    """The token in a header, None when it is none: a typing error costs no look-up."""
    match = PATTERN.fullmatch(text)
    if match is None:
        return None
    token = make_token(match[1], match[2])
    return token if hmac.compare_digest(token.whole, text) else None
