"""What a configuration weighs, and what each of its modules costs."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.core.tracking_file.config import FileConfig
from integrations.core.tracking_file.modules import shipped_modules
from integrations.core.tracking_file.weight import Price, prices
from integrations.services.tracking_files.assembly import assembled

__all__ = ["Price", "Sizes", "sizes"]


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """Bytes of the whole file in three forms, and what each of its modules adds to the gzipped one."""

    raw: int
    gzip: int
    brotli: int
    modules: tuple[Price, ...]


def sizes(config: FileConfig) -> Sizes:
    """Assembled and compressed as a build would be, and not kept."""
    made = assembled(config)
    return Sizes(
        raw=len(made.content),
        gzip=len(made.content_gzip),
        brotli=len(made.content_brotli),
        modules=prices(config, shipped_modules()),
    )
