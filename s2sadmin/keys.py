"""Keys that a fresh installation makes for itself, once, in files that only its owner may read."""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import tempfile
from pathlib import Path


def keys_from_file(path: Path, length: int = 32) -> list[str]:
    """The keys in the file, newest first, one url-safe base64 text a line; makes the file when absent."""
    if not path.exists():
        _write_once(path, base64.urlsafe_b64encode(secrets.token_bytes(length)).decode() + "\n")
    return path.read_text().split()


def _write_once(path: Path, text: str) -> None:
    """The file appears whole or not at all; of several processes at once, the first one's text stays."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}-") as file:  # mode 0600
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(file.name, path)
