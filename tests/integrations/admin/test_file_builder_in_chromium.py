"""One walk through the File Builder as somebody at a browser does it: four steps, build, upload, rollback."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts.core.permissions import Role
from integrations.models import FileDeployment, TrackingFile
from integrations.services.tracking_files.builds import build
from integrations.services.tracking_files.drafts import draft_of
from integrations.services.tracking_files.snippet import snippet_of
from tests.chromium import Remote
from tests.integrations.admin.files import BY, make_file, step
from tests.integrations.admin.samples import Samples, make_samples, make_user

pytestmark = pytest.mark.django_db(transaction=True)
CATEGORY = "[name=custom-0-categories][value=advertising]"


class Staff:
    """A Deployment Manager at a browser, and what its console complained of."""

    def __init__(self, context: Remote, origin: str, samples: Samples) -> None:
        client = Client()
        client.force_login(make_user("dora@sample.example", samples.organization, Role.DEPLOYMENT_MANAGER))
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": origin}])
        self.samples = samples
        self.page, self.origin = context.new_page(), origin
        self.complaints: list[str] = []
        self.page.on("console", lambda told: told.type == "error" and self.complaints.append(told.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str) -> None:
        self.page.goto(self.origin + path)

    def leave_by(self, button: str) -> None:
        """Press what leads to another page, or to this one again."""
        with self.page.expect_navigation():
            self.page.click(button)

    def at(self) -> str:
        return self.page.url.split("#")[0].rstrip("/").rsplit("/", 1)[1]

    def confirm(self, button: str) -> None:
        """Press what opens a dialog, and what it asks for."""
        self.page.click(button)
        self.page.wait_for_selector("#dialog button[type=submit]")
        self.leave_by("#dialog button[type=submit]")

    def reads(self, text: str) -> bool:
        return text in self.page.inner_text("#content-main")

    def size(self) -> str:
        return self.page.inner_text("[data-size=raw]")

    def size_other_than(self, known: str) -> str:
        """The size once the script has asked again."""
        self.page.wait_for_function(
            "known => document.querySelector('[data-size=raw]').textContent !== known", arg=known
        )
        return self.size()


@pytest.fixture
def staff(context: Remote, live_server: Any) -> Staff:
    return Staff(context, live_server.url, make_samples())


def file() -> TrackingFile:
    return TrackingFile.objects.select_related("live_build").get()


def test_a_file_is_configured_built_uploaded_and_rolled_back(staff: Staff) -> None:
    page = staff.page

    # From the pipeline to step 1
    staff.open("/admin/integrations/pipeline/")
    staff.leave_by("#result_list a[href*='/change/']")
    staff.leave_by("a[href$='/tracking-file'], a[href*='tracking_file']")
    staff.leave_by("button[value=analytics]")
    assert staff.at() == "settings"

    # Step 1: what belongs to a choice comes and goes, and the size follows
    assert page.is_hidden("[name=keeps_click_ids_days]")
    page.fill("[name=click_ids]", "gclid")
    assert page.is_visible("[name=keeps_click_ids_days]")
    before = staff.size()
    page.check("[name=follows_spa]")
    larger = staff.size_other_than(before)
    assert float(larger.split()[0]) > float(before.split()[0])
    page.check("[name=kind][value=sync_injector]")
    assert page.is_hidden("[name=follows_spa]")
    page.check("[name=kind][value=analytics]")
    page.fill("[name=file_hosting_url]", "nowhere")
    staff.leave_by("button[value=next]")
    assert staff.at() == "settings"
    assert page.is_visible(".s2s-row.errors [name=file_hosting_url]")
    page.fill("[name=file_hosting_url]", "https://cdn.shop.example/s.js")
    staff.leave_by("button[value=next]")

    # Step 2
    assert staff.at() == "consent"
    assert page.is_hidden("[name=custom_cookie_name]")
    page.check("[name=sources][value=custom_cookie]")
    assert page.is_visible("[name=custom_cookie_name]")
    page.fill("[name=custom_cookie_name]", "site_consent")
    staff.leave_by("button[value=next]")

    # Step 3: a sync of another method than at first
    assert staff.at() == "syncs"
    staff.leave_by("button[value='add:fetch']")
    assert page.is_visible("[name=custom-0-fetch_url]")
    page.select_option("[name=custom-0-method]", "cookie")
    assert page.is_hidden("[name=custom-0-fetch_url]")
    page.fill("[name=custom-0-provider]", "acme")
    page.fill("[name=custom-0-id]", "visitor")
    page.fill("[name=custom-0-cookie_name]", "_acme")
    page.check(CATEGORY)
    staff.leave_by("button[value=next]")

    # Step 4, and the first build
    assert staff.at() == "review"
    assert staff.reads("The first build")
    staff.leave_by("button:text('Save & Build File')")
    assert staff.at() == "change"
    assert staff.reads("Build 1 is not live")
    staff.confirm("button:text('Upload File to Cluster') >> nth=0")
    assert staff.reads("Live is build 1")

    # The second one, and back
    staff.leave_by("a:text('Open File Builder')")
    page.fill("[name=session_minutes]", "45")
    staff.leave_by("button[value=review]")
    assert staff.reads("45")
    staff.leave_by("button:text('Save & Build File')")
    staff.confirm("button:text('Upload File to Cluster') >> nth=0")
    assert staff.reads("Live is build 2")
    staff.confirm("button:text('Roll back to build 1')")

    assert staff.reads("Live is build 1")
    live = file().live_build
    assert live and live.number == 1
    uploads = FileDeployment.objects.order_by("deployed_at")
    assert [(one.build.number, one.is_rollback) for one in uploads] == [(1, False), (2, False), (1, True)]
    draft = draft_of(file())
    assert draft["settings"]["session_minutes"] == 45
    assert draft["consent"]["custom_cookie"]["name"] == "site_consent"
    assert draft["syncs"]["custom"][0]["options"] == {"name": "_acme"}
    assert staff.complaints == []


def test_the_snippet_is_copied_as_it_stands(staff: Staff, context: Remote) -> None:
    made = make_file(staff.samples)
    build(BY, made)
    context.grant_permissions(["clipboard-read", "clipboard-write"])

    staff.open(step(made, "change"))
    staff.page.click(".s2s-code:visible button >> nth=0")

    copied = staff.page.evaluate("navigator.clipboard.readText()")
    assert copied == snippet_of(made).plain
    assert staff.complaints == []
