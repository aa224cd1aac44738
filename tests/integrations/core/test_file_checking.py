"""What the checker of the File Hosting URL finds, and the next step that it names."""

from __future__ import annotations

from hashlib import sha256

import pytest

from delivery.core.response import Failure, Response
from integrations.core.tracking_file.checking import Expected, Finding, State, before_asking, judge

URL = "https://cdn.shop.example/a/s.js"
NEW, OLD = b"new();", b"old();"
NUMBERS = {sha256(NEW).hexdigest(): 7, sha256(OLD).hexdigest(): 6}
GOOD = (
    ("Content-Type", "application/javascript; charset=utf-8"),
    ("Access-Control-Allow-Origin", "*"),
    ("Cache-Control", "public, max-age=300"),
)


def found(
    body: bytes = NEW,
    *,
    status: int = 200,
    headers: tuple[tuple[str, str], ...] = GOOD,
    follows_cluster: bool = True,
) -> Finding:
    response = Response(status=status, headers=headers, body=body)
    return judge(URL, response, Expected(number=7, numbers=NUMBERS, follows_cluster=follows_cluster))


def test_the_right_build_is_current() -> None:
    finding = found()

    assert (finding.state, finding.found, finding.warnings) == (State.CURRENT, 7, ())
    assert finding.sentence == f"Current: {URL} serves build 7."


def test_an_older_build_is_stale_and_the_path_to_purge_is_named() -> None:
    finding = found(OLD, headers=(*GOOD, ("Age", "4200")))

    assert (finding.state, finding.found) == (State.STALE, 6)
    assert "serves build 6, and it should be build 7" in finding.sentence
    assert "Purge /a/s.js at your CDN (it has held this copy for 4200 s)" in finding.sentence


def test_a_host_of_ones_own_is_told_to_publish_the_download() -> None:
    assert "Download build 7, publish it there" in found(OLD, follows_cluster=False).sentence


@pytest.mark.parametrize("status", [200, 403, 404, 502])
def test_a_page_in_its_place_points_to_the_host_header(status: int) -> None:
    finding = found(b"<html>", status=status, headers=(("Content-Type", "text/html"),))

    assert finding.state is State.FOREIGN
    assert f"answers {status} with text/html" in finding.sentence
    assert "wrong Host or path" in finding.sentence


def test_changed_bytes_point_to_minifying() -> None:
    finding = found(NEW + b"\n")

    assert finding.state is State.FOREIGN
    assert "switch off minifying" in finding.sentence


def test_a_redirect_is_told_with_its_target() -> None:
    finding = found(b"", status=301, headers=(("Location", "https://other.example/s.js"),))

    assert finding.state is State.REDIRECTED
    assert "leads to https://other.example/s.js" in finding.sentence


def test_a_failure_is_told_with_its_detail() -> None:
    detail = "No secure connection to cdn.shop.example: the certificate has expired. Check its dates."
    response = Response(failure=Failure.TLS, detail=detail)

    finding = judge(URL, response, Expected(number=7, numbers=NUMBERS, follows_cluster=True))

    assert finding.state is State.UNREACHABLE
    assert finding.sentence == f"{URL} did not answer. {detail}"


def test_http_is_refused_before_anything_is_asked() -> None:
    finding = before_asking("http://cdn.shop.example/s.js")

    assert finding is not None
    assert finding.state is State.NOT_HTTPS
    assert before_asking(URL) is None


@pytest.mark.parametrize(
    ("missing", "word"),
    [("Content-Type", "nosniff"), ("Access-Control-Allow-Origin", "integrity"), ("Cache-Control", "max-age")],
)
def test_what_could_be_better_is_a_warning(missing: str, word: str) -> None:
    finding = found(headers=tuple(pair for pair in GOOD if pair[0] != missing))

    (warning,) = finding.warnings
    assert finding.state is State.CURRENT
    assert word in warning


def test_a_cache_of_months_is_a_warning() -> None:
    headers = (*GOOD[:2], ("Cache-Control", "public, max-age=31536000"))

    assert "365 days" in found(headers=headers).warnings[0]
