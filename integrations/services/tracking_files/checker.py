"""Fetches the File Hosting URL as a browser would, and says whether the right build is there."""

from __future__ import annotations

from delivery.core.request import Request
from delivery.once import send_once
from integrations.core.tracking_file.checking import Expected, Finding, before_asking, judge
from integrations.models import FileBuild, TrackingFile
from integrations.services.tracking_files.builds import newest_build
from integrations.services.tracking_files.drafts import draft_of

LARGEST = 512 * 1024  # bytes; every build is far smaller
DEADLINE_MS = 10_000


class NothingToCheck(Exception):
    """There is no address to look at, or no build that could be there."""


def check_hosting(file: TrackingFile) -> Finding:
    """One request, redirects not followed. Raises NothingToCheck with what to do first."""
    settings = draft_of(file)["settings"]
    url: str = settings["file_hosting_url"]
    if not url:
        raise NothingToCheck("Enter the File Hosting URL in step 1 of the File Builder first.")
    expected = _expected(file, follows_cluster=settings["hosting"] == "cluster")
    if file.pipeline.environment != file.pipeline.Environment.DEVELOPMENT and (found := before_asking(url)):
        return found
    request = Request(
        method="GET",
        url=url,
        headers=(("User-Agent", "s2sadmin file checker"), ("Origin", "https://checker.invalid")),
        deadline_ms=DEADLINE_MS,
        body_limit=LARGEST,
    )
    return judge(url, send_once(request), expected)


def _expected(file: TrackingFile, *, follows_cluster: bool) -> Expected:
    """On the cluster what is live, else the newest build: people host what they downloaded last."""
    wanted = file.live_build if follows_cluster else newest_build(file)
    if wanted is None:
        step = "upload a build to the cluster" if follows_cluster else "build the file"
        raise NothingToCheck(f"No build can be there yet: {step} first.")
    numbers = FileBuild.objects.filter(tracking_file=file).order_by("number").values_list("sha256", "number")
    return Expected(number=wanted.number, numbers=dict(numbers), follows_cluster=follows_cluster)
