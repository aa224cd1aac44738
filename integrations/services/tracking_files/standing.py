"""How draft, newest build and live file stand to each other, in values and sentences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from integrations.core.tracking_file.problem import Problem, errors_of
from integrations.models import FileBuild, TrackingFile
from integrations.services.tracking_files.assembly import assembled
from integrations.services.tracking_files.builds import BYTES, newest_build
from integrations.services.tracking_files.drafts import draft_of
from integrations.services.tracking_files.resolve import check
from integrations.services.wording import utc


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a file stands."""

    newest: FileBuild | None  # without their bytes
    live: FileBuild | None
    live_since: datetime | None
    draft_is_newer: bool  # it was saved after the newest build, and a build of it would differ
    would_differ: bool  # a build would differ although the draft was not saved since
    build_is_newer: bool  # the newest build was not uploaded, or an older one is live
    is_manual: bool  # hosted by the customer: what is live there, only a check of it can say
    hosting_url: str
    problems: tuple[Problem, ...]

    @property
    def sentences(self) -> tuple[str, ...]:
        """All of it: the draft, the newest build, what is live."""
        return tuple(one for one in (_of_draft(self), _of_build(self), _of_live(self)) if one)


def standing_of(file: TrackingFile) -> Standing:
    """As of now."""
    newest, checked, settings = newest_build(file), check(file), draft_of(file)["settings"]
    live_id = file.live_build_id
    live = file.builds.filter(pk=live_id).defer(*BYTES).first() if live_id else None
    is_manual = settings["hosting"] == "manual"
    was_saved = bool(newest and file.draft_saved_at and file.draft_saved_at > newest.made_at)
    differs = newest is not None and (
        checked.config is None or assembled(checked.config).sha256 != newest.sha256
    )
    return Standing(
        newest=newest,
        live=live,
        live_since=file.live_since if live else None,
        draft_is_newer=differs and was_saved,
        would_differ=differs and not was_saved,
        build_is_newer=not is_manual and newest is not None and newest.pk != file.live_build_id,
        is_manual=is_manual,
        hosting_url=settings["file_hosting_url"],
        problems=checked.problems,
    )


def _of_draft(standing: Standing) -> str:
    errors = len(errors_of(standing.problems))
    if errors:
        things = "one thing" if errors == 1 else f"{errors} things"
        return f"The draft can't be built yet: correct {things} first."
    if standing.newest is None:
        return "Nothing has been built yet: Save & Build File makes build 1."
    if standing.draft_is_newer:
        return (
            f"The draft is newer than build {standing.newest.number}: build it to have its changes in a file."
        )
    if standing.would_differ:
        return (
            f"Building again would change the file: categories, vendors, keys or browser modules are others "
            f"than when build {standing.newest.number} was made."
        )
    return f"The draft is what build {standing.newest.number} was made of."


def _of_build(standing: Standing) -> str:
    newest, live = standing.newest, standing.live
    if newest is None or not standing.build_is_newer:
        return ""
    if live is None:
        return f"Build {newest.number} is not live: upload it to the cluster."
    return f"Build {newest.number} is newer than the live file: upload it to the cluster to make it live."


def _of_live(standing: Standing) -> str:
    if standing.live is not None and standing.live_since is not None:
        return f"Live is build {standing.live.number}, since {utc(standing.live_since)}."
    if standing.is_manual:
        return (
            "The location is manual: the Cluster File Endpoint answers 404. Download a build and host it at "
            f"{standing.hosting_url or 'the File Hosting URL'}."
        )
    return "Nothing is live: the Cluster File Endpoint answers 404 until a build is uploaded."
