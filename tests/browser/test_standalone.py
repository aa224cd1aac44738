"""The standalone Sync Injector beside Segment's unmodified SDK: its events carry our ids and consent."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from integrations.core.tracking_file.config import (
    Category,
    Consent,
    Fetch,
    Generate,
    Kind,
    Sync,
    UrlParams,
)

from .sites import COLLECTED, EVENTS, FILES, OTHER, Answer
from .visitor import Visitor, js

SEGMENT = Path(__file__).parent / "segment"
BUNDLE = SEGMENT / "node_modules/@segment/analytics-next/dist/umd/standalone.js"
MISSING = "NOT TESTED: install node and npm to test beside @segment/analytics-next"

SNIPPET = """
(function () {
  var analytics = window.analytics = window.analytics || [];
  analytics.invoked = true;
  analytics.methods = ["trackSubmit", "trackClick", "trackLink", "trackForm", "pageview", "identify", "reset",
    "group", "track", "ready", "alias", "debug", "page", "screen", "once", "off", "on", "addSourceMiddleware",
    "addIntegrationMiddleware", "setAnonymousId", "addDestinationMiddleware", "register"];
  analytics.factory = function (name) {
    return function () {
      if (window.analytics.initialized) return window.analytics[name].apply(window.analytics, arguments);
      analytics.push([name].concat([].slice.call(arguments)));
      return analytics;
    };
  };
  analytics.methods.forEach(function (name) { analytics[name] = analytics.factory(name); });
  analytics.load = function (key, options) {
    var script = document.createElement("script");
    script.async = true;
    script.src = "BUNDLE";
    document.head.appendChild(script);
    analytics._loadOptions = options;
  };
  analytics._writeKey = "wk_segment";
  analytics._cdn = "CDN";
  analytics.load("wk_segment", {integrations: {"Segment.io": {apiHost: "HOST/v1", protocol: "https"}}});
  analytics.page();
})();
"""


@pytest.fixture(scope="session")
def bundle() -> bytes:
    """The SDK as npm has it, installed once from a lock with hashes."""
    if not BUNDLE.exists():
        npm = shutil.which("npm")
        if npm:
            command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
            subprocess.run(command, cwd=SEGMENT, check=True, capture_output=True, timeout=300)
        elif os.environ.get("CI"):
            pytest.fail(MISSING)
        else:
            pytest.skip(MISSING)
    return BUNDLE.read_bytes()


@pytest.fixture
def beside(visitor: Visitor, bundle: bytes) -> Visitor:
    sites = visitor.sites
    sites.serve(FILES, "/segment.js", Answer(body=bundle, type="text/javascript"))
    settings = '{"integrations": {"Segment.io": {"apiKey": "wk_segment"}}, "metrics": {"sampleRate": 0}}'
    sites.serve(FILES, "/v1/projects/wk_segment/settings", Answer(body=settings))
    for path in "itpg":
        sites.serve(EVENTS, f"/v1/{path}", COLLECTED)
    visitor.serve_page(before=snippet(visitor), stub=False)
    return visitor


def snippet(visitor: Visitor) -> str:
    sites = visitor.sites
    host = sites.url(EVENTS).removeprefix("https://")
    loading = SNIPPET.replace("BUNDLE", sites.url(FILES, "/segment.js"))
    return loading.replace("CDN", sites.url(FILES)).replace("HOST", host)


def install(visitor: Visitor, *syncs: Sync, **changes: Any) -> None:
    visitor.install(kind=Kind.SYNC_INJECTOR, library_name="shopSyncs", syncs=syncs, **changes)


def url_params(**changes: Any) -> Sync:
    given = {
        "provider": "adco",
        "id": "adct",
        "options": UrlParams(parameters=("adct",)),
        "lifetime_days": 30,
        "categories": (),
    }
    return Sync(**(given | changes))


def segments_event(visitor: Visitor, name: str) -> dict[str, Any]:
    def find() -> dict[str, Any] | None:
        for request in visitor.sites.asked(EVENTS, method="POST"):
            event = request.json()
            if name in (event.get("event"), event["type"]):
                return event
        return None

    return visitor.sites.wait_for(find)


def test_ids_reach_the_events_of_the_other_sdk(beside):
    beside.sites.serve(OTHER, "/identity", Answer(body='{"id": "v-1"}'))
    fetched = Fetch(
        url=beside.sites.url(OTHER, "/identity"),
        query=(("a", "{anonymous_id}"),),
        paths=(("id", "id"),),
    )
    install(beside, url_params(), url_params(provider="vendor", id="id", options=fetched))
    beside.open("/?adct=a1")
    page = segments_event(beside, "page")
    beside.until("document.cookie.includes('vendor_id')")

    beside.run("analytics.track('Seen') && 1")

    seen = segments_event(beside, "Seen")
    assert seen["context"]["providers"] == {"adco": {"adct": "a1"}, "vendor": {"id": "v-1"}}
    assert seen["anonymousId"] == page["anonymousId"]
    [request] = beside.sites.asked(OTHER, "/identity")
    assert request.query == {"a": page["anonymousId"]}


def test_the_first_event_of_the_other_sdk_carries_what_the_address_had(beside):
    install(beside, url_params())
    beside.open("/?adct=a1")

    assert segments_event(beside, "page")["context"]["providers"] == {"adco": {"adct": "a1"}}


def test_the_first_event_of_the_other_sdk_carries_an_id_that_is_made_here(beside):
    install(beside, url_params(provider="adroll", id="fpc", options=Generate(format="{hex:16}-{epoch_ms}")))
    beside.open("/")

    found = segments_event(beside, "page")["context"]["providers"]
    assert re.fullmatch(r"[0-9a-f]{32}-\d{13}", found["adroll"]["fpc"])


def test_the_other_sdk_may_load_long_before_our_file(beside):
    install(beside, url_params())
    beside.serve_page(before=snippet(beside), stub=False, head=" ")
    beside.open("/?adct=a1")
    beside.until("window.analytics && analytics.initialized")
    url = js(beside.sites.url(FILES, "/file.js"))
    beside.run(f"document.head.append(Object.assign(document.createElement('script'), {{src: {url}}}))")
    beside.until("window.shopSyncs && shopSyncs.initialized")

    beside.run("analytics.track('Seen') && 1")

    assert segments_event(beside, "Seen")["context"]["providers"] == {"adco": {"adct": "a1"}}


def test_consent_is_stamped_on_the_events_of_the_other_sdk(beside):
    ads = Category(code="ads", name="Advertising")
    install(
        beside,
        url_params(categories=("ads",)),
        consent=Consent(categories=(ads,), storage_categories=()),
    )
    beside.open("/?adct=a1")
    beside.until("window.shopSyncs && shopSyncs.initialized && analytics.initialized")
    beside.run("shopSyncs.consent({ads: false}); analytics.track('Refused') && 1")
    refused = segments_event(beside, "Refused")
    beside.run("shopSyncs.consent({ads: true}); analytics.track('Granted') && 1")
    granted = segments_event(beside, "Granted")

    assert refused["context"]["consent"]["categoryPreferences"] == {"ads": False}
    assert refused["context"].get("providers", {}) == {}
    assert granted["context"]["consent"]["categoryPreferences"] == {"ads": True}
    assert granted["context"]["providers"] == {"adco": {"adct": "a1"}}


def test_nothing_of_ours_sends_events_or_takes_the_other_name(beside):
    install(beside, url_params())
    beside.open("/?adct=a1")
    segments_event(beside, "page")

    assert {request.path for request in beside.sites.asked(EVENTS)} == {"/v1/p"}
    assert beside.run("typeof shopSyncs.track") == "undefined"
    assert "ajs_anonymous_id" in beside.cookies()
