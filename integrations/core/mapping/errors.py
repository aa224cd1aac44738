"""The two ways a mapping fails: its definition is wrong, or an event does not fit it."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

Path = tuple[str | int, ...]


class DefinitionError(Exception):
    """A vendor definition that can't be used. `path` leads to the place in the document."""

    def __init__(self, path: Path, message: str, *, key: bool = False) -> None:
        super().__init__(f"{spell(path)}: {message}")
        self.path = path
        self.message = message
        self.key = key  # the last step of the path is a key that is itself wrong

    @property
    def sentence(self) -> str:
        """The message by itself, for where its place is shown already."""
        return f"{self.message[:1].upper()}{self.message[1:]}."


class Rejection(Exception):
    """An event that the vendor would refuse; the message is the sentence for people."""


def spell(path: Path) -> str:
    """`operations.event.auth`, with list positions as numbers."""
    return ".".join(str(step) for step in path)


def suggestion(word: object, known: Iterable[str]) -> str:
    """` (did you mean ...?)` for the closest known word, else the list when it is short."""
    words = sorted(known)
    if close := get_close_matches(str(word), words, n=1, cutoff=0.6):
        return f" (did you mean `{close[0]}`?)"
    return f"; known are {', '.join(words)}" if 0 < len(words) <= 12 else ""
