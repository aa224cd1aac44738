"""What is wrong with a draft: where, and a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Problem:
    """One thing to correct. `pointer` (RFC 6901) leads into the draft; a warning does not stop a build."""

    pointer: str
    sentence: str
    is_warning: bool = False

    @property
    def path(self) -> tuple[str, ...]:
        """The pointer's steps, to stand beside a form's field."""
        steps = self.pointer.split("/")[1:]
        return tuple(step.replace("~1", "/").replace("~0", "~") for step in steps)


def at(path: Path, sentence: str) -> Problem:
    """An error at this place of the draft."""
    return Problem(pointer=_pointer(path), sentence=sentence)


def warning(path: Path, sentence: str) -> Problem:
    """A warning at this place of the draft."""
    return Problem(pointer=_pointer(path), sentence=sentence, is_warning=True)


def errors_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Those that stop a build."""
    return tuple(one for one in problems if not one.is_warning)


def warnings_of(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Those that do not."""
    return tuple(one for one in problems if one.is_warning)


def _pointer(path: Path) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
