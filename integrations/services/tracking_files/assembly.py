"""A configuration becomes the bytes of a file, in the three forms in which they are served."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cached_property

from integrations.core.tracking_file.assemble import assemble
from integrations.core.tracking_file.config import FileConfig
from integrations.core.tracking_file.modules import shipped_modules
from integrations.core.tracking_file.weight import Compressed, compress


@dataclass(frozen=True, kw_only=True)
class File:
    """The bytes and what is known of them. Equal configurations and module sets give equal files."""

    content: bytes
    modules: tuple[str, ...]  # names of the browser modules in it, in their order
    module_set: str

    @property
    def content_gzip(self) -> bytes:
        return self._small.gzip

    @property
    def content_brotli(self) -> bytes:
        return self._small.brotli

    @cached_property
    def _small(self) -> Compressed:
        """Made when it is asked for: most often only the hash is."""
        return compress(self.content)

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
    modules = shipped_modules()
    made = assemble(config, modules)
    return File(content=made.content, modules=made.modules, module_set=modules.version)
