"""Vendors' own examples of normalising and hashing, copied from their pages, come out of `as:`.

Meta: https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters
Snap: https://developers.snap.com/api/marketing-api/Conversions-API/Parameters
Google (rules without digests): https://developers.google.com/google-ads/api/docs/conversions/upload-online

TikTok, Pinterest and Microsoft publish rules and digests, but no input together with its digest.
"""

import hashlib
from datetime import UTC, datetime

import pytest

from integrations.core.event import Event
from integrations.core.mapping import Context, Scope, compile_expression

AT = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
NAME = ["trim", "lower", "unpunctuated", "sha256"]
META_PLACE = ["lower", "alphanumeric", "sha256"]


def made(value: object, operations: object) -> object:
    event = Event(
        type="track",
        name="x",
        message_id="m",
        timestamp=AT,
        received_at=AT,
        payload={"properties": {"v": value}},
    )
    compiled = compile_expression(
        {"from": "$properties.v", "as": operations}, Context(vendor="a", name="A"), ()
    )
    return compiled.run(Scope(event, {}, AT, "live"))


@pytest.mark.parametrize(
    ("value", "operations", "digest"),
    [
        (
            "John_Smith@gmail.com",
            ["email", "sha256"],
            "62a14e44f765419d10fea99367361a727c12365e2520f32218d505ed9aa0f62f",
        ),
        (
            "(650)555-1212",
            ["phone_digits:US", "sha256"],
            "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176",
        ),
        (
            "1 (650) 555-1212",
            ["phone_digits", "sha256"],
            "e323ec626319ca94ee8bff2e4c87cf613be6ea19919ed1364124e16807ab3176",
        ),
        ("Mary", NAME, "6915771be1c5aa0c886870b6951b03d7eafc121fea0e80a5ea83beb7c449f4ec"),
        ("정", NAME, "8fa8cd9c440be61d0151429310034083132b35975c4bea67fdd74158eb51db14"),
        ("Valéry", NAME, "08e1996b5dd49e62a4b4c010d44e4345592a863bb9f8e3976219bac29417149c"),
        (
            "2/16/1997",
            ["date:yyyyMMdd", "sha256"],
            "01acdbf6ec7b4f478a225f1a246e5d6767eeab1a7ffa17f025265b5b94f40f0c",
        ),
        (
            "United States",
            ["country", "lower", "sha256"],
            "79adb2a2fce5c6ba215fe5f27f532d4e7edbac4b6a5e09e1ef3a08084a904621",
        ),
    ],
)
def test_metas_examples(value: str, operations: list[str], digest: str) -> None:
    assert made(value, operations) == digest


@pytest.mark.parametrize(
    ("value", "operations", "digest"),
    [
        (
            "Person@Example.com",
            ["email", "sha256"],
            "542d240129883c019e106e3b1b2d3f3cb3537c43c425364de8e951d5a3083345",
        ),
        (
            "+44 844 412 4653",
            ["phone_digits", "sha256"],
            "dc008fda46e2e64002cf2f82a4906236282d431c4f75e5b60bfe79fc48546383",
        ),
        ("John", NAME, "96d9632f363564cc3032521409cf22a852f2032eec099ed5967c0d000cec607a"),
    ],
)
def test_snaps_examples(value: str, operations: list[str], digest: str) -> None:
    assert made(value, operations) == digest


@pytest.mark.parametrize(
    ("value", "normal"),
    [
        (" Jefferson.Loves.Hiking@gmail.com ", "jeffersonloveshiking@gmail.com"),
        ("jefferson.loves.hiking+shop@GoogleMail.com", "jeffersonloveshiking@googlemail.com"),
        ("Cloudy.Sanfrancisco@example.com", "cloudy.sanfrancisco@example.com"),
    ],
)
def test_googles_rules_for_addresses(value: str, normal: str) -> None:
    assert made(value, "email:gmail") == normal
    assert made(value, ["email:gmail", "sha256"]) == hashlib.sha256(normal.encode()).hexdigest()


@pytest.mark.parametrize("kind", ["md5", "sha1", "sha256"])
@pytest.mark.parametrize(
    "operations",
    [
        ["email"],
        ["email:gmail"],
        ["phone_digits"],
        NAME[:-1],
        META_PLACE[:-1],
        ["us_zip", "truncate:5"],
        ["date:yyyyMMdd"],
    ],
)
def test_a_digest_that_comes_in_goes_out_in_small_letters(kind: str, operations: list[str]) -> None:
    digest = hashlib.new(kind, b"jane@example.com").hexdigest()

    assert made(digest.upper(), [*operations, kind]) == digest
