"""What a file weighs, and what each of its modules adds to that."""

from __future__ import annotations

import gzip
from dataclasses import dataclass

import brotli

from integrations.core.tracking_file.assemble import join
from integrations.core.tracking_file.chosen import chosen
from integrations.core.tracking_file.config import FileConfig
from integrations.core.tracking_file.literal import literal
from integrations.core.tracking_file.modules import ModuleSet


@dataclass(frozen=True, kw_only=True, slots=True)
class Compressed:
    """A file's bytes as browsers ask for them."""

    gzip: bytes
    brotli: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Price:
    """What a module adds to the gzipped file that it is in, in bytes, and a sentence on what that buys."""

    module: str
    about: str
    gzip: int


def compress(content: bytes) -> Compressed:
    """As small as it gets; the same bytes for the same content."""
    return Compressed(
        gzip=gzip.compress(content, compresslevel=9, mtime=0),
        brotli=brotli.compress(content, mode=brotli.MODE_TEXT, quality=11),
    )


def prices(config: FileConfig, modules: ModuleSet) -> tuple[Price, ...]:
    """Each module of the configuration's file: the file with it less the file without its code."""
    parts = modules.closed(chosen(config))
    configuration = literal(config, modules.names)
    whole = _gzipped(join(parts, configuration, modules))
    return tuple(
        Price(
            module=part.name,
            about=part.about,
            gzip=whole - _gzipped(join((one for one in parts if one is not part), configuration, modules)),
        )
        for part in parts
    )


def _gzipped(content: bytes) -> int:
    return len(gzip.compress(content, compresslevel=9, mtime=0))
