"""Segment's and RudderStack's own browser SDKs, unmodified, in Chromium: only their host is changed."""

from __future__ import annotations

import pytest

from tests.chromium import Remote
from tests.system.browser_sdks import site
from tests.system.router import Database, new_user
from tests.system.running import Run, eventually

SEGMENT = """<!doctype html><title>Shop</title>
<script src="/@segment/analytics-next/dist/umd/index.js"></script>
<script>
const analytics = AnalyticsNext.AnalyticsBrowser.load({writeKey: "%(key)s", cdnURL: "%(url)s"});
analytics.identify("%(user)s");
analytics.track("Order Completed", {order_id: "1001"});
</script>"""
RUDDERSTACK = """<!doctype html><title>Shop</title>
<script src="/@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js"></script>
<script>
const analytics = new rudderanalytics.RudderAnalytics();
analytics.load("%(key)s", "%(url)s", {configUrl: "%(url)s"});
analytics.identify("%(user)s");
analytics.track("Order Completed", {order_id: "1001"});
</script>"""


@pytest.mark.parametrize(
    ("page", "asked"),
    [
        pytest.param(SEGMENT, "/v1/projects/{key}/settings", id="Segment"),
        pytest.param(RUDDERSTACK, "/sourceConfig/", id="RudderStack"),
    ],
)
def test_an_sdk_works_by_its_host_alone(
    run: Run, database: Database, context: Remote, page: str, asked: str
) -> None:
    key, user, answers, failures = run.welcome["Web key"], new_user(), [], []
    tab = context.new_page()
    tab.on("response", lambda answer: answers.append((answer.url, answer.status)))
    tab.on("pageerror", lambda error: failures.append(str(error)))

    with site({"/": page % {"key": key, "url": run.url, "user": user}}) as shop:
        tab.goto(f"{shop}/")
        eventually(lambda: database.events(user), 2)

    to_cluster = [(url, status) for url, status in answers if url.startswith(run.url)]
    assert {status for _, status in to_cluster} <= {200, 204}
    assert to_cluster[0][0].startswith(run.url + asked.format(key=key))
    assert not [url for url, _ in answers if not url.startswith((run.url, shop))]
    assert failures == []
