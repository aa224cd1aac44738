"""Whether a name leads where requests may go, asked before there is any."""

import threading

from delivery.core.addresses import AddressPolicy
from delivery.http import unreachable
from tests.delivery.http.sending import answers

PUBLIC, PRIVATE = "93.184.215.14", "10.0.0.7"
POLICY = AddressPolicy()


def test_a_public_name_is_reachable():
    assert unreachable("https://a.example/", policy=POLICY, resolve=answers([PUBLIC])) is None


def test_one_bad_address_among_good_ones_is_enough():
    refusal = unreachable("https://a.example/", policy=POLICY, resolve=answers([PUBLIC, PRIVATE]))

    assert refusal is not None
    assert "10.0.0.7 is in 10.0.0.0/8 (private use)" in refusal


def test_an_operators_range_is_reachable():
    policy = AddressPolicy(allowed_networks=("10.0.0.0/8",))

    assert unreachable("https://a.example/", policy=policy, resolve=answers([PRIVATE])) is None


def test_a_name_that_is_unknown_says_so():
    def fail(host, port):
        raise OSError(-2, "Name or service not known")

    refusal = unreachable("https://a.example/", policy=POLICY, resolve=fail)

    assert refusal == (
        "The name a.example could not be resolved: Name or service not known. Check the spelling and its DNS."
    )


def test_a_resolver_that_hangs_is_not_waited_for():
    release = threading.Event()

    refusal = unreachable(
        "https://a.example/", policy=POLICY, resolve=lambda host, port: [release.wait(9)], within_s=0.05
    )
    release.set()

    assert refusal == "The name a.example was not resolved within 0.05 s. Check its DNS servers."


def test_a_literal_and_a_strange_url_are_judged_without_looking_up():
    assert "169.254.0.0/16" in (
        unreachable("https://169.254.169.254/", policy=POLICY, resolve=answers()) or ""
    )
    assert "not plain enough" in (unreachable("https://a@b.example/", policy=POLICY, resolve=answers()) or "")
