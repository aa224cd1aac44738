"""The lines that a site pastes to load its file, and what a Content-Security-Policy must allow for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from urllib.parse import urlsplit

from integrations.core.tracking_file.config import Fetch, FileConfig, Kind, MatchPixel

NONCE = "NONCE"
ALWAYS = ("ready", "consent", "on", "once", "off")
VERBS = (
    "page",
    "track",
    "identify",
    "group",
    "alias",
    "screen",
    "reset",
    "user",
    "setAnonymousId",
    "addSourceMiddleware",
)
LINKS = ("trackLink", "trackForm", "trackClick", "trackSubmit")


@dataclass(frozen=True, kw_only=True, slots=True)
class Snippet:
    """Forms of the same. The queue that stands before the file keeps calls that come before it has loaded."""

    plain: str  # follows every deployment
    with_integrity: str  # one build and no other (SRI); empty when none is named
    with_nonce: str  # for a strict CSP: the server writes its nonce in place of NONCE
    without_inline: str  # one tag, where inline scripts are not allowed; calls wait for the file
    policy: str  # the directives that the file needs, to be joined with the site's own


def snippet(config: FileConfig, url: str, *, pinned_url: str = "", integrity: str = "") -> Snippet:
    """How to load the file from `url`; with SRI from `pinned_url`, where these very bytes stay."""
    queue = _queue(config)
    nonce = f' nonce="{NONCE}"'
    pinned = _tag(pinned_url, f' integrity="{integrity}" crossorigin="anonymous"')
    return Snippet(
        plain=f"<script>{queue}</script>\n{_tag(url)}",
        with_integrity=f"<script>{queue}</script>\n{pinned}" if integrity else "",
        with_nonce=f"<script{nonce}>{queue}</script>\n{_tag(url, nonce)}",
        without_inline=_tag(url),
        policy=policy(config, url),
    )


def policy(config: FileConfig, url: str) -> str:
    """`script-src ...; connect-src ...`: match pixels are fetched too, so they need no img-src."""
    fetched = [one.options.url for one in config.syncs if isinstance(one.options, Fetch | MatchPixel)]
    if config.kind is Kind.ANALYTICS:
        fetched.insert(0, config.ingestion_url)
    if config.cross_domain_url:
        fetched.append(config.cross_domain_url)
    directives = (
        ("script-src", [f"'nonce-{NONCE}'", *_origins([url])]),
        ("connect-src", _origins(fetched)),
    )
    return "; ".join(" ".join([name, *sources]) for name, sources in directives if sources)


def _queue(config: FileConfig) -> str:
    """The stub: an array that notes each call as `[method, ...arguments]`."""
    is_analytics = config.kind is Kind.ANALYTICS
    names = [
        *ALWAYS,
        *(VERBS if is_analytics else ()),
        *(LINKS if is_analytics and config.has_link_helpers else ()),
    ]
    name = config.library_name
    first_page = f";{name}.page()" if is_analytics and not config.calls_page_on_load else ""
    return (
        f'(function(a){{if(!a.initialized)"{" ".join(names)}".split(" ").forEach(function(m){{'
        "a[m]=a[m]||function(){a.push([m].concat([].slice.call(arguments)));return a}})})"
        f"(window.{name}=window.{name}||[]){first_page}"
    )


def _tag(url: str, attributes: str = "") -> str:
    return f'<script async src="{escape(url)}"{attributes}></script>'


def _origins(urls: Iterable[str]) -> list[str]:
    parts = [urlsplit(one) for one in urls if one]
    return list(dict.fromkeys(f"{one.scheme}://{one.netloc}" for one in parts))
