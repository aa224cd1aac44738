"""When what a process remembers is still true."""

from __future__ import annotations

import pytest

from integrations.core.served.freshness import NoStamp, Verdict, judge

USE, BEHIND, READ = Verdict.USE, Verdict.USE_AND_READ_BEHIND, Verdict.READ
ABSENT, CHANGING, SILENT = NoStamp.ABSENT, NoStamp.CHANGING, NoStamp.SILENT


@pytest.mark.parametrize(
    ("remembered", "now", "age_s", "verdict"),
    [
        ("a", "a", 0, USE),
        ("a", "a", 29.9, USE),
        ("a", "a", 30, BEHIND),
        ("a", "b", 0, READ),
        (ABSENT, "b", 0, READ),
        (SILENT, "b", 0, READ),
        (CHANGING, "b", 0, READ),
        ("a", CHANGING, 0, READ),
        (CHANGING, CHANGING, 0, READ),
        ("a", ABSENT, 0, READ),
        (ABSENT, ABSENT, 0, READ),
        ("a", SILENT, 0.9, USE),
        ("a", SILENT, 1, READ),
        (SILENT, SILENT, 0.9, USE),
    ],
)
def test_something_that_exists(remembered, now, age_s, verdict):
    assert judge(remembered, age_s, exists=True, now=now) is verdict


@pytest.mark.parametrize(
    ("remembered", "now", "age_s", "verdict"),
    [
        (ABSENT, ABSENT, 9.9, USE),
        (ABSENT, ABSENT, 10, READ),
        (ABSENT, "a", 0, READ),
        (ABSENT, CHANGING, 0, READ),
        ("a", "a", 9.9, USE),
        (SILENT, ABSENT, 0, READ),
    ],
)
def test_something_that_does_not(remembered, now, age_s, verdict):
    assert judge(remembered, age_s, exists=False, now=now) is verdict
