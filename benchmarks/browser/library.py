"""What takes part: a script and the page that loads it."""

from __future__ import annotations

from dataclasses import dataclass

from integrations.core.tracking_file.weight import compress


@dataclass(frozen=True, kw_only=True)
class Library:
    """`head` is the HTML that loads `script`; `shipped` is what is weighed, where that is not the same."""

    name: str
    head: str
    script: bytes = b""
    shipped: bytes = b""
    sends: bool = True
    budget: int | None = None  # bytes, gzip -9

    @property
    def sizes(self) -> tuple[int, int, int]:
        """Raw, gzip -9 and brotli 11."""
        content = self.shipped or self.script
        packed = compress(content)
        return len(content), len(packed.gzip), len(packed.brotli)


BLANK = Library(name="blank", head="", sends=False)
