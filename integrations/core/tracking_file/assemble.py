"""Assembly: the chosen modules and the literal in one script. Equal configurations give equal bytes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from integrations.core.tracking_file.chosen import chosen
from integrations.core.tracking_file.config import FileConfig
from integrations.core.tracking_file.literal import literal
from integrations.core.tracking_file.modules import Module, ModuleSet


@dataclass(frozen=True, kw_only=True, slots=True)
class Assembled:
    """A file's bytes, ASCII only, and the names of the modules in it, in their order."""

    content: bytes
    modules: tuple[str, ...]


def assemble(config: FileConfig, modules: ModuleSet) -> Assembled:
    """The file of a configuration. It holds no moment, host or person: its bytes are its identity."""
    parts = modules.closed(chosen(config))
    return Assembled(
        content=join(parts, literal(config, modules.names), modules),
        modules=tuple(part.name for part in parts),
    )


def join(parts: Iterable[Module], configuration: str, modules: ModuleSet) -> bytes:
    """Modules in the order given and the configuration's literal, as one script."""
    wrap = modules.wrap
    script = (
        f"/* {modules.version} */\n",
        wrap.before,
        *(part.code for part in parts),
        wrap.between,
        configuration,
        wrap.after,
    )
    return "".join(script).encode("ascii")
