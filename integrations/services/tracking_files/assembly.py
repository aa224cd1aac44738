"""A configuration becomes the bytes of a file, in the three forms in which they are served."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from dataclasses import dataclass

from integrations.core.tracking_file.config import FileConfig
from integrations.core.tracking_file.document import to_document


@dataclass(frozen=True, kw_only=True)
class Price:
    """One browser module in the file: its own bytes, compressed by itself."""

    module: str
    about: str
    gzip: int


@dataclass(frozen=True, kw_only=True)
class File:
    """The bytes and what is known of them. Equal configurations and module sets give equal files."""

    content: bytes
    content_gzip: bytes
    content_brotli: bytes
    modules: tuple[Price, ...]
    module_set: str

    @property
    def sha256(self) -> str:
        """Hex; the strong ETag."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def integrity(self) -> str:
        """For the integrity attribute (SRI)."""
        return f"sha384-{base64.b64encode(hashlib.sha384(self.content).digest()).decode()}"


def assembled(config: FileConfig) -> File:
    """The file of a configuration, from the module set of this installation."""
    content = json.dumps(to_document(config), sort_keys=True).encode()
    return File(
        content=content,
        content_gzip=gzip.compress(content, 9, mtime=0),
        content_brotli=b"",
        modules=(),
        module_set="none",
    )
