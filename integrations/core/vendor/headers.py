"""Headers that may go on the wire: token names, printable values, and none that the edge owns."""

from __future__ import annotations

import re

from integrations.core.mapping import Rejection

NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}\Z")
VALUE = re.compile(r"[\x20-\x7e\t]*\Z")
LONGEST = 8_000  # characters of one value
# These belong to the HTTP edge: a vendor file or a setting that sets them could smuggle a second request.
OWNED = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "te", "trailer", "upgrade", "expect"}
)


def checked_header(name: str, value: str, vendor: str) -> tuple[str, str]:
    """The pair, or a rejection that names the header and never shows its value."""
    if not NAME.match(name) or name.lower() in OWNED:
        raise Rejection(f"{vendor} can't send a header named `{name[:40]}`. Choose another name.")
    if not VALUE.match(value) or len(value) > LONGEST:
        rule = f"at most {LONGEST} printable ASCII characters on one line"
        raise Rejection(
            f"{vendor} can't send the header `{name}`: its value must be {rule}. Correct the value."
        )
    return name, value.strip()
