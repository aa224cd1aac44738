"""What makes sense among a draft's settings, with the browsers' reasons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from integrations.core.tracking_file import addresses
from integrations.core.tracking_file.config import Kind
from integrations.core.tracking_file.draft import LIBRARY_NAMES
from integrations.core.tracking_file.options import parameter_faults
from integrations.core.tracking_file.problem import Problem, at, warning
from integrations.core.tracking_file.surroundings import Surroundings

MOST_DAYS = 400
BROWSERS_FORGET = (
    f"Browsers keep a cookie for {MOST_DAYS} days at most (RFC 6265bis), Safari one that a script sets for "
    f"7: give 1 to {MOST_DAYS} days."
)
TESTING_ONLY = (
    "Testing only: the File Hosting URL is the Cluster File Endpoint itself. A cluster is no CDN; for "
    "production, let a CDN or your own server pull the file from it and enter that address here."
)
OTHER_LIBRARY = LIBRARY_NAMES[Kind.ANALYTICS]
IN_ITS_PLACE = (
    f"{OTHER_LIBRARY} is what the site's own SDK is called: the Sync Injector would take its place, and "
    f"calls that wait for it would be lost. Choose another name, like {LIBRARY_NAMES[Kind.SYNC_INJECTOR]}."
)
CROSS_DOMAIN = "/v1/cross_domain_direct/id"

Document = Mapping[str, Any]
Ranges = Mapping[str, tuple[int, int, str]]

RANGES: Ranges = {
    "cookie_lifetime_days": (1, MOST_DAYS, BROWSERS_FORGET),
    "keeps_campaign_days": (0, MOST_DAYS, f"Give 1 to {MOST_DAYS} days, or 0 to keep no campaign."),
    "keeps_click_ids_days": (1, MOST_DAYS, BROWSERS_FORGET),
    "batch_size": (1, 100, "Give 1 to 100 events: the ingest takes small requests faster than large ones."),
    "batch_wait_ms": (0, 10_000, "Give 0 to 10000 ms: what waits longer is lost with the page."),
    "session_minutes": (0, 1_440, "Give 1 to 1440 minutes, or 0 for no sessions."),
}


def setting_problems(settings: Document, around: Surroundings) -> Iterator[Problem]:
    """Everything that is wrong with the settings."""
    if not around.is_web:
        yield at(("settings", "kind"), "Only web pages load a tracking file: use a pipeline of kind web.")
    if not around.write_key:
        yield at((), "The pipeline has no write key that is not revoked: make one first.")
    yield from _location(settings, around)
    yield from _ingestion(settings, around)
    yield from _names(settings)
    yield from _cookies(settings)
    yield from _numbers(settings)
    if settings["click_ids"]:
        yield from parameter_faults(settings["click_ids"], ("settings", "click_ids"))
    yield from _cross_domain(settings, around)


def _location(settings: Document, around: Surroundings) -> Iterator[Problem]:
    path = ("settings", "file_hosting_url")
    url, endpoint = settings["file_hosting_url"], next(iter(around.endpoint_urls), "")
    is_cluster = settings["hosting"] == "cluster"
    if is_cluster and not around.may_auto_deploy:
        sentence = (
            "Auto-deploy to the cluster is off for this organization: choose manual, or ask the staff of "
            "this installation to switch it on."
        )
        yield at(("settings", "hosting"), sentence)
    if not url:
        testing = (
            f" For a test, the Cluster File Endpoint does: {endpoint}" if is_cluster and endpoint else ""
        )
        yield at(path, f"Enter the address that browsers load the file from.{testing}")
    elif fault := addresses.url_problem(url, may_loop_back=around.is_development):
        yield at(path, fault)
    elif "{" in url or urlsplit(url).fragment:
        yield at(path, "Write the URL without braces and without a part after #.")
    elif url in around.endpoint_urls and is_cluster:
        yield warning(path, TESTING_ONLY)
    elif url in around.endpoint_urls:
        sentence = "The Cluster File Endpoint serves nothing with manual location: enter your own address."
        yield at(path, sentence)


def _ingestion(settings: Document, around: Surroundings) -> Iterator[Problem]:
    path, url = ("settings", "ingestion_url"), settings["ingestion_url"]
    if not url:
        yield at(path, "Enter the address that events are sent to: your cluster's own, or a host of yours.")
        return
    if fault := addresses.url_problem(url, may_loop_back=around.is_development):
        yield at(path, fault)
        return
    parts = urlsplit(url)
    if parts.query or parts.fragment or "{" in url:
        yield at(path, "Write the URL without a query: /v1/b is appended to it.")
    elif parts.path.rstrip("/").endswith(("/v1", "/v1/b")):
        yield at(path, "Leave /v1 out: /v1/b is appended by itself.")


def _names(settings: Document) -> Iterator[Problem]:
    if fault := addresses.name_problem(settings["library_name"]):
        yield at(("settings", "library_name"), fault)
    elif settings["kind"] == Kind.SYNC_INJECTOR and settings["library_name"] == OTHER_LIBRARY:
        yield at(("settings", "library_name"), IN_ITS_PLACE)
    if not addresses.PREFIX.fullmatch(settings["storage_prefix"]):
        sentence = "Use 1 to 30 letters, digits, _ and -: names of cookies begin with it."
        yield at(("settings", "storage_prefix"), sentence)


def _cookies(settings: Document) -> Iterator[Problem]:
    domain = settings["cookie_domain"]
    if domain and (fault := addresses.domain_problem(domain)):
        yield at(("settings", "cookie_domain"), fault)
    if settings["cookie_same_site"] == "None" and not settings["cookie_secure"]:
        sentence = "Browsers refuse SameSite=None without Secure: switch secure on, or choose Lax."
        yield at(("settings", "cookie_secure"), sentence)


def _numbers(settings: Document) -> Iterator[Problem]:
    for name, (least, most, sentence) in RANGES.items():
        if not least <= settings[name] <= most:
            yield at(("settings", name), sentence)


def _cross_domain(settings: Document, around: Surroundings) -> Iterator[Problem]:
    path, url = ("settings", "cross_domain_url"), settings["cross_domain_url"]
    if not url:
        return
    if fault := addresses.url_problem(url, may_loop_back=around.is_development):
        yield at(path, fault)
    elif urlsplit(url).path != CROSS_DOMAIN or urlsplit(url).query:
        yield at(path, f"Write it as https://YOUR-CLUSTER{CROSS_DOMAIN}, the same in each file.")
