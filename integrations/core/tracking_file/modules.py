"""The set of browser modules that files are made of, built at development time and read from its manifest."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, kw_only=True, slots=True)
class Module:
    """One feature's minified code. `gzip` is its size alone, in bytes; `about` a sentence for people."""

    name: str
    code: str
    requires: tuple[str, ...]
    order: int
    gzip: int
    about: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Wrap:
    """What stands before the modules, between them and the literal, and after that."""

    before: str
    between: str
    after: str


@dataclass(frozen=True, kw_only=True, slots=True)
class ModuleSet:
    """All modules of one version. `names` says what the minified code calls the literal's members."""

    version: str
    modules: Mapping[str, Module]
    names: Mapping[str, str]
    wrap: Wrap

    def closed(self, names: Iterable[str]) -> tuple[Module, ...]:
        """These modules and all that they require, in the order in which they run."""
        found: dict[str, Module] = {}
        wanted = list(names)
        while wanted:
            module = self.modules[wanted.pop()]
            if module.name not in found:
                found[module.name] = module
                wanted.extend(module.requires)
        return tuple(sorted(found.values(), key=lambda module: (module.order, module.name)))


@cache
def shipped_modules() -> ModuleSet:
    """The module set that is part of this installation."""
    return read_module_set(
        files("integrations").joinpath("tracker", "built", "modules.json").read_text("utf-8")
    )


def read_module_set(document: str) -> ModuleSet:
    """The module set of a `modules.json`; KeyError and TypeError where that has another shape."""
    read = json.loads(document)
    return ModuleSet(
        version=read["version"],
        modules={
            name: Module(
                name=name,
                code=module["code"],
                requires=tuple(module["requires"]),
                order=module["order"],
                gzip=module["gzip"],
                about=module["about"],
            )
            for name, module in sorted(read["modules"].items())
        },
        names=read["names"],
        wrap=Wrap(**read["wrap"]),
    )
