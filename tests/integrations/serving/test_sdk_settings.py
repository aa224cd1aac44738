"""What the browser SDKs of others fetch first."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest

from tests.integrations.serving.hatches import FACTS, HOST, KEY, Client, FakeShelf


def test_segments_library_is_sent_to_the_cluster():
    reply = Client().get(f"/v1/projects/{KEY}/settings")

    assert reply.status == 200
    assert json.loads(reply.body) == {
        "integrations": {"Segment.io": {"apiKey": KEY, "apiHost": f"{HOST}/v1", "protocol": "https"}},
        "metrics": {"sampleRate": 0},
    }
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert reply.headers["Cache-Control"] == "public, max-age=300, stale-while-revalidate=86400"


def test_segments_library_is_told_port_path_and_protocol_of_the_cluster():
    shelf = FakeShelf({KEY: replace(FACTS, base_url="http://127.0.0.1:8000/in/")})

    reply = Client(shelf, host="127.0.0.1:8000").get(f"/v1/projects/{KEY}/settings/")

    segment = json.loads(reply.body)["integrations"]["Segment.io"]
    assert (segment["apiHost"], segment["protocol"]) == ("127.0.0.1:8000/in/v1", "http")


@pytest.mark.parametrize("path", ["/v1/projects/unknown/settings", "/sourceConfig/?writeKey=unknown"])
def test_an_unknown_key_is_404_with_a_sentence(path):
    reply = Client().get(path, origin="https://shop.example")

    assert reply.headers["Access-Control-Allow-Origin"] in ("*", "https://shop.example")
    assert (reply.status, json.loads(reply.body)["code"]) == (404, "unknown_write_key")


def test_a_host_that_is_no_clusters_is_refused():
    assert Client(host="cdn.example").get(f"/v1/projects/{KEY}/settings").status == 404
    assert Client(host="localhost:8000").get(f"/v1/projects/{KEY}/settings").status == 200


@pytest.mark.parametrize(
    "headers", [{}, {"authorization": "Basic " + base64.b64encode(f"{KEY}:".encode()).decode()}]
)
def test_rudderstacks_library_gets_a_source_without_destinations(headers):
    query = "" if headers else f"&writeKey={KEY}"

    reply = Client().get(f"/sourceConfig/?p=npm&v=3{query}", origin="https://shop.example", **headers)

    source = json.loads(reply.body)["source"]
    assert (reply.status, source["writeKey"], source["enabled"], source["destinations"]) == (
        200,
        KEY,
        True,
        [],
    )
    assert reply.headers["Access-Control-Allow-Origin"] == "https://shop.example"


def test_rudderstacks_library_without_a_key_is_told_so():
    assert Client().get("/sourceConfig/").status == 401
