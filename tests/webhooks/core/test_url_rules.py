"""What an endpoint's URL must be: hostile ones by class, each with the sentence for the rule it breaks."""

import pytest

from webhooks.core import url_rules as rules
from webhooks.core.url_rules import broken_rules, canonical

NOT_HTTPS = [
    "http://hooks.example.com/",
    "ftp://hooks.example.com/",
    "//hooks.example.com/",
    "hooks.example.com/x",
]
WITH_CREDENTIALS = [
    "https://user:pass@hooks.example.com/",
    "https://user@hooks.example.com/",
    "https://@hooks.example.com/",
    "https://hooks.example.com@127.0.0.1/",
]
ADDRESSES = [
    "1.2.3.4",
    "[2001:db8::1]",
    "[::ffff:127.0.0.1]",
    "[fe80::1%25lo]",
    "[::1",
    "2130706433",
    "0x7f000001",
    "017700000001",
    "127.1",
    "0177.0.0.1",
    "0x7f.1",
    "0",
    "2852039166",
    "①②⑦.⓪.⓪.①",
    "\uff11\uff12\uff17.0.0.1",
    "127.0.0.1.",
    "hooks.example.123",
]
PRIVATE_NAMES = [
    "localhost",
    "LOCALHOST",
    "api.localhost",
    "intranet",
    "hooks.internal",
    "printer.local",
    "router.home.arpa",
    "metadata.google.internal",
    "facebookcorewwwi.onion",
]
NOT_NAMES = [
    "hooks..example.com",
    "-hooks.example.com",
    "hooks-.example.com",
    "hooks_1.example.com",
    "hooks%2eexample.com",
    "hooks%00.example.com",
    "localhost.",
    "hooks.example.com.",
    "xn--.example.com",
    "xn--a.example.com",
    "xn--\u00ad.example.com",
    f"{'a' * 64}.example.com",
    f"{'a.' * 127}com",
]
NOT_PLAIN = [
    "https://hooks.exa\tmple.com/",
    "https://hooks.exa\nmple.com/",
    " https://hooks.example.com/",
    "https://hooks.example.com/a b",
    "https://hooks.example.com/\r\nHost: other",
    "https://hooks.example.com\\@127.0.0.1/",
    "https://hooks.exam\x00ple.com/",
    "https://hooks.exam\u200bple.com/",
    "https://hooks.exam\u00adple.com/",
    "https://faß.example.com/",
    "https://\uff48ooks.example.com/",
]
PORTS = ["0", "99999", "", "22", "25", "80", "6379", "5432", "11211", "0443", "4\uff143", "-1", "443x"]


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/path?query=1",
        "https://HOOKS.Example.com",
        "https://xn--bcher-kva.example.com:8443/",
        "https://a.b-c.example.co.uk:443/x",
        "https://1password.example.com/",
    ],
)
def test_a_public_https_url_breaks_no_rule(url):
    assert broken_rules(url) == []


@pytest.mark.parametrize("url", NOT_HTTPS)
def test_only_https(url):
    assert broken_rules(url) == [rules.HTTPS]


@pytest.mark.parametrize("url", WITH_CREDENTIALS)
def test_no_credentials(url):
    assert rules.CREDENTIALS in broken_rules(url)


@pytest.mark.parametrize("host", ADDRESSES)
def test_no_address_in_any_spelling(host):
    assert broken_rules(f"https://{host}/")[-1:] == [rules.ADDRESS]


@pytest.mark.parametrize("host", PRIVATE_NAMES)
def test_only_public_names(host):
    assert broken_rules(f"https://{host}/") == [rules.NOT_PUBLIC]


@pytest.mark.parametrize("host", NOT_NAMES)
def test_only_valid_names(host):
    assert rules.NOT_A_NAME in broken_rules(f"https://{host}/")


@pytest.mark.parametrize("url", NOT_PLAIN)
def test_only_plain_ascii(url):
    assert rules.PLAIN in broken_rules(url)


@pytest.mark.parametrize("port", PORTS)
def test_no_port_of_another_service(port):
    assert rules.PORT in broken_rules(f"https://hooks.example.com:{port}/")


@pytest.mark.parametrize("url", ["https://", "https:///path", "https://:443/", ""])
def test_a_host_is_needed(url):
    assert rules.NO_HOST in broken_rules(url)


def test_no_fragment_and_no_endless_url():
    assert broken_rules("https://hooks.example.com/#part") == [rules.FRAGMENT]
    assert broken_rules("https://hooks.example.com/" + "a" * 2048) == [rules.TOO_LONG]


def test_each_broken_rule_has_its_sentence():
    assert broken_rules("http://user:pass@127.0.0.1:22/#x") == [
        rules.HTTPS,
        rules.CREDENTIALS,
        rules.ADDRESS,
        rules.PORT,
        rules.FRAGMENT,
    ]


def test_one_spelling_is_stored():
    assert canonical("https://Hooks.Example.com:443") == "https://hooks.example.com/"
    assert canonical("https://hooks.example.com?x=1") == "https://hooks.example.com/?x=1"
    assert canonical("https://hooks.example.com:8443/A/b") == "https://hooks.example.com:8443/A/b"


@pytest.mark.parametrize("url", ["http://127.0.0.1:8080/in", "https://LOCALHOST:8443/", "http://localhost/x"])
def test_a_host_on_trial_needs_neither_https_nor_a_public_name(url):
    assert broken_rules(url) != []
    assert broken_rules(url, trial_hosts=["127.0.0.1", "localhost"]) == []


def test_a_host_on_trial_keeps_the_other_rules():
    hosts = ["127.0.0.1"]

    assert broken_rules("http://user@127.0.0.1/", trial_hosts=hosts) == [rules.CREDENTIALS]
    assert broken_rules("ftp://127.0.0.1:25/#x", trial_hosts=hosts) == [
        rules.HTTPS,
        rules.PORT,
        rules.FRAGMENT,
    ]
    assert broken_rules("http://127.0.0.2/", trial_hosts=hosts) == [rules.HTTPS, rules.ADDRESS]


def test_a_url_on_trial_is_stored_with_its_scheme():
    assert canonical("HTTP://LocalHost:80") == "http://localhost/"
    assert canonical("http://localhost:443/in") == "http://localhost:443/in"
