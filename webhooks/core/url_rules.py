"""What an endpoint's URL must be, one sentence for each rule that it breaks.

Parsed strictly here, as lenient parsers disagree on where such a URL leads (a tab in the host, a backslash
before `@`, digits that are not ASCII).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass

import idna

LONGEST = 2048
USUAL_PORTS = {"https": "443", "http": "80"}
PLAIN = "Write it in plain ASCII, without blanks, line breaks or backslashes."
HTTPS = "It must begin with https://."
CREDENTIALS = "Leave user and password out: requests are proven by their signature."
FRAGMENT = "Leave out the part after #: it is never sent."
TOO_LONG = f"Use at most {LONGEST} characters."
NO_HOST = "Name the host, as in https://hooks.example.com/path."
ADDRESS = "Use a host name: an IP address is not allowed, however it is written."
NOT_A_NAME = "The host is not a valid name: labels of letters, digits and hyphens, joined by dots."
NOT_PUBLIC = (
    "Use a name of the public internet: one with a dot, and not a private one such as .internal or .local."
)
PORT = "Use port 443, or one from 1024 to 65535 that no other service is known for."

_PRIVATE = (
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home",
    "corp",
    "private",
    "onion",
    "home.arpa",
)
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# Services that speak other protocols above 1023 and could be tricked by what a request holds.
_OTHER_SERVICES = frozenset(
    {1433, 1521, 1719, 1720, 1723, 2049, 2375, 2376, 2379, 2380, 3306, 3389, 3659, 4045, 4190, 5060, 5061}
    | {5432, 5672, 5900, 6000, 6379, 6566, 6665, 6666, 6667, 6668, 6669, 6697, 9042, 9092, 9200, 9300}
    | {10080, 11211, 27017}
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Parts:
    """A URL taken apart at the first character that ends each part."""

    scheme: str
    credentials: str | None
    host: str
    port: str | None
    rest: str


def broken_rules(url: str, *, trial_hosts: Collection[str] = ()) -> list[str]:
    """The sentences, in the order in which one reads a URL; empty when it may be used.

    `trial_hosts` are names that need neither https nor a place in the public internet.
    """
    return list(_broken(url, is_trial=split(url).host.lower() in trial_hosts))


def canonical(url: str) -> str:
    """A URL that breaks no rule as it is stored and sent: host in lower case, never without a path."""
    parts = split(url)
    scheme = parts.scheme.lower()
    port = f":{parts.port}" if parts.port not in (None, USUAL_PORTS[scheme]) else ""
    rest = parts.rest if parts.rest.startswith("/") else f"/{parts.rest}"
    return f"{scheme}://{parts.host.lower()}{port}{rest}"


def split(url: str) -> Parts:
    """The parts of any text."""
    scheme, found, after = url.partition("://")
    if not found:
        scheme, after = "", url.removeprefix("//")
    end = min((after.find(mark) for mark in "/?#" if mark in after), default=len(after))
    authority, rest = after[:end], after[end:]
    credentials, at, place = authority.rpartition("@")
    host, port = place, None
    if (found_port := re.fullmatch(r"(\[[^\]]*\]|[^:\[]*):(.*)", place, re.DOTALL)) is not None:
        host, port = found_port.groups()
    return Parts(scheme=scheme, credentials=credentials if at else None, host=host, port=port, rest=rest)


def _broken(url: str, *, is_trial: bool) -> Iterator[str]:
    parts = split(url)
    if not re.fullmatch(r"[!-\[\]-~]*", url):
        yield PLAIN
    if parts.scheme.lower() not in (("http", "https") if is_trial else ("https",)):
        yield HTTPS
    if parts.credentials is not None:
        yield CREDENTIALS
    if not is_trial:
        yield from _broken_by_host(parts.host)
    if parts.port is not None and not _is_allowed(parts.port):
        yield PORT
    if "#" in parts.rest:
        yield FRAGMENT
    if len(url) > LONGEST:
        yield TOO_LONG


def _broken_by_host(written: str) -> Iterator[str]:
    # As a resolver may read it: full-width and circled digits are digits to some.
    host = unicodedata.normalize("NFKC", written).lower()
    if not host:
        yield NO_HOST
    elif host.startswith("[") or _NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        yield ADDRESS
    elif not _is_name(host):
        yield NOT_A_NAME
    elif "." not in host or any(host == name or host.endswith(f".{name}") for name in _PRIVATE):
        yield NOT_PUBLIC


def _is_name(host: str) -> bool:
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        return False
    try:
        idna.decode(host)
    except idna.IDNAError:
        return False
    return True


def _is_allowed(port: str) -> bool:
    if not (port.isascii() and port.isdigit() and len(port) <= 5 and port[0] != "0"):
        return False
    return port == "443" or (1024 <= int(port) <= 65535 and int(port) not in _OTHER_SERVICES)
