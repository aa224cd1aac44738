"""What a configuration weighs, and what each of its modules costs."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.core.tracking_file.config import FileConfig


@dataclass(frozen=True, kw_only=True)
class Price:
    """One browser module in the file: its own bytes, compressed by itself."""

    module: str
    about: str
    gzip: int


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Bytes of the whole file in three forms, and its modules in their order."""

    raw: int
    gzip: int
    brotli: int
    modules: tuple[Price, ...]


def sizes(config: FileConfig) -> Sizes:
    """Assembled and compressed as a build would be, and not kept."""
    raise NotImplementedError
