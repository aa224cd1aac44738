"""Whatever a program sends, the answer is a sentence and never a 500."""

from __future__ import annotations

import json

import pytest

from tests.integrations.api.test_trials import SIGNED_UP, set_up

pytestmark = pytest.mark.django_db

DEEP: object = "x"
for _ in range(200):
    DEEP = [DEEP]
STRANGE = [
    "\ud800",
    "a\u0000b",
    2**100,
    -(2**70),
    1e308,
    DEEP,
    [],
    {},
    True,
    None,
    "",
    "🜁" * 100,
    {"\ud800": "\udfff"},
    {"a\u0000": 1},
]


@pytest.mark.parametrize("strange", STRANGE, ids=lambda one: repr(one)[:20])
def test_a_strange_value_in_an_event_is_previewed_or_refused(strange):
    _, path, admin = set_up("partnerstack", mode="live")

    for member in ("event", "userId", "messageId", "timestamp", "properties", "context", "extra"):
        event = {**SIGNED_UP, member: strange}
        answer = admin.post(f"{path}/preview", {"event": event})
        assert answer.status_code in (200, 400), (member, answer.content)
        assert json.loads(answer.content)


@pytest.mark.parametrize(
    "strange", [one for one in STRANGE if one not in ([], {})], ids=lambda one: repr(one)[:20]
)
def test_a_strange_value_in_a_body_is_refused(strange):
    _, path, admin = set_up("partnerstack")

    bodies = [
        {name: strange} for name in ("name", "mode", "consent_categories", "vendor_revision", "delay_s")
    ]
    bodies += [
        {"settings": strange},
        {"settings": {"currency": strange}},
        {"settings": {"secret_key": strange}},
    ]
    answers = [admin.patch(path, body) for body in bodies]

    assert {answer.status_code for answer in answers} <= {200, 400}


@pytest.mark.parametrize(
    "at", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1969-01-01", "2026-11-21", "x", ""]
)
def test_any_time_is_taken_or_refused(at):
    _, _, admin = set_up("audiohook")

    for path in ("events", "deliveries", "attempts", "metrics/hourly"):
        for name in ("since", "until"):
            assert admin.get(path, **{name: at}).status_code in (200, 400), (path, name)


@pytest.mark.parametrize("id_", ["x", "0", "%00", "..", "00000000-0000-0000-0000-000000000000", "9" * 40])
def test_any_id_is_found_or_not(id_):
    _, _, admin = set_up("audiohook")

    for name in (
        "clusters",
        "consent-categories",
        "destinations",
        "events",
        "deliveries",
        "attempts",
        "vendors",
    ):
        assert admin.get(f"{name}/{id_}").status_code == 404, name
