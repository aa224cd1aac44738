"""What the file of a draft weighs, as the builder shows it beside its fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from integrations.admin.file_builder.layout import Cost
from integrations.core.tracking_file.config import FileConfig
from integrations.core.tracking_file.problem import Problem, errors_of
from integrations.models import TrackingFile
from integrations.services.tracking_files.costs import costs
from integrations.services.tracking_files.resolve import check
from integrations.services.tracking_files.sizes import Sizes, sizes

ANYWHERE = "https://www.example.com/site.js"  # where a file is loaded from is not in it
BLANK = FileConfig(write_key="", ingestion_url="")
UNKNOWN = "The size is shown once what is marked in red is right."


@dataclass(frozen=True, kw_only=True)
class Weight:
    """The sizes of a draft's file, None while there can't be one, and what each choice adds."""

    sizes: Sizes | None
    costs: Mapping[str, Cost]

    def in_words(self) -> dict[str, Any]:
        """As a page and its script read it."""
        added = {name: cost.words for name, cost in self.costs.items()}
        if self.sizes is None:
            return {"sentence": UNKNOWN, "costs": added}
        return {
            "raw": kilobytes(self.sizes.raw),
            "gzip": kilobytes(self.sizes.gzip),
            "brotli": kilobytes(self.sizes.brotli),
            "modules": [
                {"name": one.module.replace("_", " "), "about": one.about, "gzip": kilobytes(one.gzip)}
                for one in self.sizes.modules
            ],
            "costs": added,
            "sentence": "",
        }


def weight_of(file: TrackingFile, draft: Mapping[str, Any]) -> Weight:
    """Of a draft that need not be finished: syncs with errors are left out, the hosting may be open."""
    settings = {**draft["settings"], "file_hosting_url": ANYWHERE, "hosting": "manual"}
    draft = {**draft, "settings": settings}
    checked = check(file, draft)
    if checked.config is None:
        checked = check(file, _without_wrong_syncs(draft, errors_of(checked.problems)))
    config = checked.config
    added = costs(config or BLANK)
    return Weight(
        sizes=sizes(config) if config else None,
        costs={name: Cost(name=name, words=kilobytes(size)) for name, size in added.items() if size},
    )


def kilobytes(size: int) -> str:
    """A size as people say it."""
    return f"{size / 1000:.1f} KB" if size >= 950 else f"{size} bytes"


def _without_wrong_syncs(draft: Mapping[str, Any], errors: tuple[Problem, ...]) -> dict[str, Any]:
    wrong = {one.path[1:3] for one in errors if one.path[:1] == ("syncs",)}
    kept = {
        kind: [one for index, one in enumerate(entries) if (kind, str(index)) not in wrong]
        for kind, entries in draft["syncs"].items()
    }
    return {**draft, "syncs": kept}
