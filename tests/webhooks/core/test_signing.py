"""Signatures: published vectors, and what rotation does to them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhooks.core.secrets import SigningSecrets
from webhooks.core.signing import (
    contract_signature,
    key_of,
    secret_text,
    signed_headers,
    standard_signature,
)

NOW = datetime(2026, 3, 18, 10, 30, tzinfo=UTC)
# Published by Standard Webhooks and, with the same values, by Svix.
VECTOR = {
    "secret": "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "message_id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "timestamp": "1614265330",
    "body": b'{"test": 2432232314}',
}


@pytest.mark.parametrize("prefix", ["", "whsec_"])
def test_the_published_vector_of_standard_webhooks(prefix):
    signature = standard_signature(**{**VECTOR, "secret": prefix + VECTOR["secret"]})

    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


# By openssl: printf '1773829800.{"a":1}' | openssl dgst -sha256 -hmac whsec_c2VjcmV0
def test_the_contracts_signature_is_keyed_with_the_text_of_the_secret():
    assert contract_signature("whsec_c2VjcmV0", "1773829800", b'{"a":1}') == (
        "sha256=b76c3166cde03d2828c4b1d68a55fb1eea58cee4a94cbc74d9c56853033fbd04"
    )


def test_the_headers_of_an_attempt():
    secret = secret_text(b"k" * 32)

    headers = dict(
        signed_headers(b"{}", message_id="msg_1", at=NOW, secrets=[secret], header_prefix="X-Acme")
    )

    assert headers == {
        "X-Acme-Signature": contract_signature(secret, "1773829800", b"{}"),
        "X-Acme-Timestamp": "1773829800",
        "webhook-id": "msg_1",
        "webhook-timestamp": "1773829800",
        "webhook-signature": standard_signature(secret, "msg_1", "1773829800", b"{}"),
    }


def test_in_an_overlap_the_contracts_header_has_the_old_secret_and_the_standards_both():
    secrets = SigningSecrets(current="whsec_b2xk").rotated("whsec_bmV3", overlap=timedelta(hours=24), now=NOW)

    headers = dict(
        signed_headers(b"{}", message_id="m", at=NOW, secrets=secrets.valid(NOW), header_prefix="X")
    )

    assert headers["X-Signature"] == contract_signature("whsec_b2xk", "1773829800", b"{}")
    assert headers["webhook-signature"].split(" ") == [
        standard_signature(secret, "m", "1773829800", b"{}") for secret in ("whsec_bmV3", "whsec_b2xk")
    ]


def test_an_overlap_ends_by_its_time_or_by_being_finished():
    secrets = SigningSecrets(current="whsec_b2xk").rotated("whsec_bmV3", overlap=timedelta(hours=24), now=NOW)

    assert secrets.valid(NOW + timedelta(hours=24)) == ("whsec_bmV3",)
    assert secrets.finished().valid(NOW) == ("whsec_bmV3",)
    assert secrets.overlaps_until(NOW) == NOW + timedelta(hours=24)


def test_rotating_again_within_the_overlap_keeps_all_that_are_valid():
    secrets = SigningSecrets(current="whsec_YQ==")
    for hour, text in enumerate(["whsec_Yg==", "whsec_Yw=="]):
        at = NOW + timedelta(hours=hour)
        secrets = secrets.rotated(text, overlap=timedelta(hours=24), now=at)

    assert secrets.valid(NOW + timedelta(hours=2)) == ("whsec_Yw==", "whsec_Yg==", "whsec_YQ==")
    assert secrets.valid(NOW + timedelta(hours=24)) == ("whsec_Yw==", "whsec_Yg==")


def test_secrets_are_stored_as_they_are_read():
    secrets = SigningSecrets(current="whsec_YQ==").rotated("whsec_Yg==", overlap=timedelta(hours=1), now=NOW)

    assert SigningSecrets.read(secrets.stored()) == secrets


@given(st.binary(min_size=1))
def test_a_secret_stands_for_its_key(key):
    assert key_of(secret_text(key)) == key


def test_a_secret_that_is_no_base64_is_refused():
    with pytest.raises(ValueError, match="not base64"):
        key_of("whsec_!")
