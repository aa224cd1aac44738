"""Which URLs, domains, names and headers a browser takes."""

from __future__ import annotations

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

HOST_LABEL = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
DOMAIN = re.compile(rf"{HOST_LABEL}(?:\.{HOST_LABEL})+")
PREFIX = re.compile(r"[A-Za-z0-9_-]{1,30}")
COOKIE_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
PARAMETER = re.compile(r"[A-Za-z0-9_.~\[\]-]{1,100}")
PROVIDER = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,59}")
IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]{0,59}")
FUNCTION = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*(?:\.[A-Za-z_$][A-Za-z0-9_$]*){0,9}")
DOTTED = re.compile(r"[^.\s]+(?:\.[^.\s]+){0,19}")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# ECMAScript's reserved words, strict mode and modules included, and literals that read as words.
RESERVED = _words(
    "arguments await break case catch class const continue debugger default delete do else enum eval export "
    "extends false finally for function if implements import in instanceof interface let new null package "
    "private protected public return static super switch this throw true try typeof undefined var void while "
    "with yield NaN Infinity"
)
# Globals of every page that can't be replaced, or not without breaking it.
TAKEN = _words(
    "window self top parent frames document location history navigator screen name status origin length "
    "closed opener event external performance localStorage sessionStorage indexedDB fetch crypto console "
    "Object Array Function String Number Boolean Symbol Promise Date Math JSON RegExp Error Map Set Proxy "
    "Reflect globalThis"
)
# What every JavaScript object has already: under such a name a file would find what nobody put there.
INHERITED = _words(
    "__proto__ constructor hasOwnProperty isPrototypeOf propertyIsEnumerable toLocaleString toString valueOf "
    "__defineGetter__ __defineSetter__ __lookupGetter__ __lookupSetter__"
)
# The Fetch standard's forbidden request headers, and User-Agent, which Chromium ignores.
FORBIDDEN_HEADERS = _words(
    "accept-charset accept-encoding access-control-request-headers access-control-request-method "
    "access-control-request-private-network connection content-length cookie cookie2 date dnt expect host "
    "keep-alive origin referer set-cookie te trailer transfer-encoding upgrade user-agent via"
)
FORBIDDEN_PREFIXES = ("proxy-", "sec-")
REDIRECT_NAMES = frozenset({"redirect", "redirect_url", "redirect_uri", "redirecturl", "redir", "return_url"})


def url_problem(url: str, *, may_loop_back: bool = False) -> str:
    """What is wrong with an absolute URL, as a sentence; empty when nothing is."""
    if not url.isascii() or not url.isprintable() or " " in url:
        return "Write the URL in plain characters without blanks, others percent-encoded."
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "This is not a URL: write it like https://www.example.com/path."
    if parts.username is not None or parts.password is not None:
        return "Leave the name and password out of the URL: every visitor could read them."
    if not host or parts.scheme not in ("http", "https") or "{" in parts.netloc or "\\" in url or port == 0:
        return "Write the URL with its host, like https://www.example.com/path."
    if parts.scheme == "https" or (may_loop_back and parts.scheme == "http" and is_loopback(host)):
        return _host_problem(host)
    if parts.scheme == "http" and is_loopback(host):
        return "Use https: http on this machine is for pipelines in the development environment."
    return "Use https: browsers block plain http on secure pages."


def is_loopback(host: str) -> bool:
    """Whether a host name or literal address is this machine's own."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def domain_problem(domain: str) -> str:
    """What keeps a browser from taking it as the domain of a cookie."""
    if "://" in domain or "/" in domain:
        return "Write the domain alone, like example.com, and no URL."
    if ":" in domain:
        return "Write the domain without a port: cookies are the same on every port."
    if any(letter.isspace() for letter in domain):
        return "Write the domain without blanks."
    if domain.startswith("."):
        return f"Write it without the leading dot, as {domain.lstrip('.')}: it holds for subdomains anyway."
    if _is_address(domain):
        return "An IP address can't be a cookie's domain: leave it empty."
    if domain != "localhost" and not DOMAIN.fullmatch(domain):
        return "Write the domain that your pages have in common, like example.com."
    return ""


def name_problem(name: str) -> str:
    """What keeps a word from being the global of the library."""
    if not IDENTIFIER.fullmatch(name):
        return "Use letters, digits, _ and $, no digit first: it becomes a JavaScript name like analytics."
    if name in RESERVED:
        return f"{name} is a word of JavaScript itself: choose another name, like analytics."
    if name in TAKEN:
        return f"{name} is a global of every page: choose another name, like analytics."
    return inherited_problem(name)


def inherited_problem(name: str) -> str:
    """What keeps a word from being a name that a file looks up."""
    return f"{name} is a part of every JavaScript object: choose another name." if name in INHERITED else ""


def header_problem(name: str) -> str:
    """What keeps a script in a browser from setting this request header."""
    lower = name.lower()
    if not HEADER_NAME.fullmatch(name):
        return "A header's name has letters, digits and - only."
    if lower in ("cookie", "set-cookie"):
        return (
            f"Scripts can neither set nor read {name}. To send the vendor's own cookies, switch "
            "`credentials` on; an id that comes back in Set-Cookie only can't be read: ask the vendor for a "
            "JSON answer."
        )
    if lower in FORBIDDEN_HEADERS or lower.startswith(FORBIDDEN_PREFIXES):
        return f"Browsers do not let scripts set {name}: remove it, and pass the value in query or body."
    return ""


def _host_problem(host: str) -> str:
    if host == "localhost" or DOMAIN.fullmatch(host) or _is_address(host):
        return ""
    return "Write the URL with a full host name, like https://www.example.com/path."


def _is_address(host: str) -> bool:
    try:
        ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True
