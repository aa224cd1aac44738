"""What answers at the File Hosting URL, judged: is it the file that should be there, and what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from urllib.parse import urlsplit

from delivery.core.response import Failure, Response

LONG_S = 86_400
MAX_AGE = re.compile(r"(?:s-maxage|max-age)=(\d+)")


class State(StrEnum):
    """The closed list of findings."""

    CURRENT = "current"
    STALE = "stale"
    FOREIGN = "foreign"  # something else answers: a wrong Host, another site, a changed file
    REDIRECTED = "redirected"
    NOT_HTTPS = "not_https"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, kw_only=True, slots=True)
class Expected:
    """What should be found: the wanted build's number, and all builds' numbers by SHA-256 of their bytes.

    `follows_cluster`: a CDN or a job pulls from the Cluster File Endpoint; otherwise people host downloads.
    """

    number: int
    numbers: Mapping[str, int]
    follows_cluster: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """A state, a sentence with the next step, the build that was found (None when none), and warnings."""

    state: State
    sentence: str
    found: int | None = None
    warnings: tuple[str, ...] = ()


def before_asking(url: str) -> Finding | None:
    """What is plain without a request."""
    if urlsplit(url).scheme == "https":
        return None
    return Finding(
        state=State.NOT_HTTPS,
        sentence=f"{url} is not https: browsers load no script over http into an https page. Serve the file "
        "over https and correct the File Hosting URL.",
    )


def judge(url: str, response: Response, expected: Expected) -> Finding:
    """The finding for one answer. `response` has the whole body."""
    if response.status is None:
        return Finding(state=State.UNREACHABLE, sentence=_unreachable(url, response))
    if 300 <= response.status < 400 and response.status != 304:
        target = response.header("location") or "nowhere"
        sentence = (
            f"{url} answers {response.status} and leads to {target}: each page view pays for a second "
            "request. Enter the address where the file itself is."
        )
        return Finding(state=State.REDIRECTED, sentence=sentence)
    found = expected.numbers.get(sha256(response.body).hexdigest()) if response.status == 200 else None
    if found is None:
        return Finding(state=State.FOREIGN, sentence=_foreign(url, response, expected))
    warnings = tuple(_warnings(response))
    if found == expected.number:
        sentence = f"Current: {url} serves build {found}."
        return Finding(state=State.CURRENT, sentence=sentence, found=found, warnings=warnings)
    sentence = f"Stale: {url} serves build {found}, and it should be build {expected.number}. "
    sentence += _purge(url, response, expected)
    return Finding(state=State.STALE, sentence=sentence, found=found, warnings=warnings)


def _unreachable(url: str, response: Response) -> str:
    if response.failure is Failure.ADDRESS_REFUSED:
        return (
            f"{url} leads to an address that is not public, so no visitor's browser can load the file from "
            f"there. {response.detail}"
        )
    return f"{url} did not answer. {response.detail}"


def _foreign(url: str, response: Response, expected: Expected) -> str:
    kind = (response.header("content-type") or "no content type").partition(";")[0]
    what = f"{url} answers {response.status} with {kind}, and that is no build of this file. "
    if response.body_truncated:
        return what + "It is far larger than any build. Check the address."
    if response.status == 200 and "javascript" in kind:
        return what + (
            "Either it is another pipeline's file, or something on the way changed the bytes: switch off "
            "minifying and script rewriting at the CDN for this path, then upload or publish again."
        )
    if expected.follows_cluster:
        return what + (
            "If a CDN pulls from the Cluster File Endpoint, it probably asks with a wrong Host or path: let "
            "it send the origin's host name as Host, and map this URL to the endpoint's path."
        )
    return what + f"Publish the download of build {expected.number} at this address."


def _purge(url: str, response: Response, expected: Expected) -> str:
    path = urlsplit(url).path or "/"
    if not expected.follows_cluster:
        return f"Download build {expected.number}, publish it there, and purge {path} at your CDN."
    age = response.header("age")
    held = f" (it has held this copy for {age} s)" if age and age.isdigit() else ""
    return (
        f"Purge {path} at your CDN{held}; browsers that have the old copy ask again when its lifetime ends."
    )


def _warnings(response: Response) -> list[str]:
    """What works, and could be better."""
    said = []
    kind = (response.header("content-type") or "").lower()
    if "javascript" not in kind:
        said.append(
            f"Its Content-Type is {kind or 'missing'}: with `nosniff` browsers refuse to run it. Serve it as "
            "application/javascript."
        )
    if response.header("access-control-allow-origin") is None:
        said.append(
            "It comes without Access-Control-Allow-Origin, so the snippet with integrity does not work. Let "
            "the host send `Access-Control-Allow-Origin: *`."
        )
    ages = [int(age) for age in MAX_AGE.findall(response.header("cache-control") or "")]
    if not ages:
        said.append(
            "It has no cache lifetime, so browsers guess one. Set Cache-Control, for example max-age=300."
        )
    elif max(ages) > LONG_S:
        said.append(
            f"It may be cached for {max(ages) // LONG_S} days, and changes reach visitors only then. Shorten "
            "max-age, or use a new address for each build."
        )
    return said
