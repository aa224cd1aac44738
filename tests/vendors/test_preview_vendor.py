"""manage.py preview_vendor: JSON lines in, one JSON line each out."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from integrations.services.catalogue import catalogue

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = catalogue()["adroll"].vendor.document["examples"][0]  # type: ignore[index]
SETTINGS = catalogue()["adroll"].vendor.document["example_settings"]


def preview(slug: str, *lines: object) -> tuple[int, list[Any], str]:
    text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
    done = subprocess.run(
        [sys.executable, "manage.py", "preview_vendor", slug],
        input=text,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none", "SANDBOX_URL": ""},
        timeout=60,
        check=False,
    )
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr


def test_it_answers_every_line_without_a_database() -> None:
    line = {"event": EXAMPLE["event"], "settings": SETTINGS, "now": EXAMPLE["now"]}

    code, answers, errors = preview(
        "adroll",
        line,
        "no json",
        "[]",
        {**line, "mode": "tset"},
        {**line, "now": "x"},
        {**line, "event": {"type": "x"}},
        {**line, "event": {"type": "identify", "userId": "u"}},
        {**line, "mode": "sandbox"},
        {**line, "settings": {}},
        {**line, "mode": "test"},
    )

    assert (code, errors) == (0, "")
    assert answers[0]["requests"][0]["url"] == "https://srv.adroll.com/api?advertisable=ADVERTISABLE"
    assert json.loads(answers[0]["requests"][0]["body"])[0]["event_name"] == "purchase"
    assert answers[0]["requests"][0]["headers"]["Authorization"] == "Token example-token"
    sources = {one["field"]: one["source"] for one in answers[0]["fields"]}
    assert sources["Authorization"] == "setting server_access_token"
    assert sources["[0].event_name"] == "constant"
    assert [next(iter(answer)) for answer in answers[1:6]] == ["rejected"] * 5
    assert answers[6]["skipped"] == "unmapped"
    assert "SANDBOX_URL" in answers[7]["rejected"]
    assert "Advertisable EID" in answers[8]["rejected"]
    assert "Advertisable EID" in answers[8]["missing"][0]["sentence"]
    assert answers[9]["requests"][0]["url"].endswith("&dry_run=true")


def test_an_unknown_vendor_is_answered_with_the_list() -> None:
    code, answers, errors = preview("adrol", "{}")

    assert (code, answers) == (1, [])
    assert f"There is no vendor adrol. Known are {', '.join(catalogue())}." in errors
