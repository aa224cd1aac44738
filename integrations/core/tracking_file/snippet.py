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
NOTED = ("page", "track", "identify", "group", "alias", "screen")
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
    """The stub, and the page call that most sites make first."""
    makes_page_call = config.kind is Kind.ANALYTICS and not config.calls_page_on_load
    return stub(config) + (f";{config.library_name}.page()" if makes_page_call else "")


def stub(config: FileConfig) -> str:
    """An array that notes each call as `[method, ...arguments]`, and of an event the page that it is about.

    The note has the form that Segment's snippet gives it: the page may be another one when the file is there.
    """
    is_analytics = config.kind is Kind.ANALYTICS
    names = [
        *ALWAYS,
        *(VERBS if is_analytics else ()),
        *(LINKS if is_analytics and config.has_link_helpers else ()),
    ]
    note = (
        f"if(/^({'|'.join(NOTED)})$/.test(m))c.push("
        '{__t:"bpc",p:l.pathname,u:l.href,s:l.search,t:d.title,r:d.referrer});'
    )
    return (
        f'(function(a,d,l){{if(!a.initialized)"{" ".join(names)}".split(" ").forEach(function(m){{'
        "a[m]=a[m]||function(){var c=[m].concat([].slice.call(arguments));"
        f"{note if is_analytics else ''}a.push(c);return a}}}})}})"
        f"(window.{config.library_name}=window.{config.library_name}||[],document,location)"
    )


def _tag(url: str, attributes: str = "") -> str:
    return f'<script async src="{escape(url)}"{attributes}></script>'


def _origins(urls: Iterable[str]) -> list[str]:
    parts = [urlsplit(one) for one in urls if one]
    return list(dict.fromkeys(f"{one.scheme}://{one.netloc}" for one in parts))
