"""Step 1: what the file is, where it lives, where it sends to, and how it behaves on a page."""

from __future__ import annotations

from typing import Any

from integrations.admin.file_builder.fields import (
    Card,
    codes,
    number,
    offer,
    one_of,
    select,
    some_of,
    switch,
    text,
)
from integrations.admin.file_builder.layout import Looks, Offer, Plan
from integrations.admin.file_builder.step import Ground, StepForm
from integrations.services.tracking_files.resolve import endpoint_url
from integrations.services.vendors import compiled

ANALYTICS = "kind=analytics"
CROSS_DOMAIN = "/v1/cross_domain_direct/id"
KINDS = (
    Card(
        value="analytics",
        title="Analytics library",
        about="Records page views and events, keeps visitor ids and runs identity syncs. For sites without "
        "an event SDK, or to replace the one they have.",
    ),
    Card(
        value="sync_injector",
        title="Standalone Sync Injector",
        about="Only identity syncs and consent, beside an event SDK that the site keeps. The ids reach that "
        "SDK's events.",
    ),
)
CLUSTER = Card(
    value="cluster",
    title="Auto-deploy to Cluster",
    about="One click on File Summary puts a build at the Cluster File Endpoint. Your CDN or CI job takes it "
    "from there.",
)
MANUAL = Card(
    value="manual",
    title="Manual Deployment",
    about="You download each build and host it yourself. Nothing is hosted on the cluster: the Cluster File "
    "Endpoint answers 404.",
)
SAME_SITE = {
    "Lax": "Lax: right for nearly every site",
    "Strict": "Strict: not sent when a visitor comes from another site",
    "None": "None: also inside other sites' frames, needs https",
}


class SettingsForm(StepForm):
    """Location and settings."""

    member = "settings"

    kind = one_of(KINDS, label="What should the file do?")
    hosting = one_of((CLUSTER, MANUAL), label="File location")
    file_hosting_url = text(
        "File Hosting URL",
        "The address from which visitors' browsers load the file, also called Distribution URL. Use a path "
        "on the site's own domain or CDN, without words such as analytics or track in it: ad blockers look "
        "for them.",
        placeholder="https://cdn.example.com/assets/site.js",
    )
    ingestion_url = text(
        "Ingestion Website URL",
        "Where browsers send events: your cluster's address, or a host name of the site's own domain that "
        "leads to it, which ad blockers stop less often.",
        placeholder="https://events.example.com",
    )

    library_name = text(
        "Library name",
        "The global name that pages call, as in analytics.track(...). Keep it unless the site uses that name "
        "for something else already. A Sync Injector needs another than the site's own SDK.",
    )
    storage_prefix = text(
        "Storage prefix",
        "What the names of synced cookies begin with. Keep it after the first deployment: with another "
        "prefix, returning visitors' ids are not found again.",
    )
    cookie_domain = text(
        "Cookie domain",
        "Leave it empty: the file then finds the widest domain that takes cookies, so that www.example.com "
        "and shop.example.com know the same visitor.",
        placeholder="found by the file",
    )
    cookie_lifetime_days = number(
        "Cookie lifetime (days)",
        "How long a returning visitor is recognised. 395 days are 13 months; browsers keep no cookie longer "
        "than 400.",
        least=1,
        usual=395,
    )
    cookie_same_site = select(
        "SameSite", SAME_SITE, "Who gets our cookies back when a visitor comes from another site."
    )
    cookie_secure = switch("Secure cookies", "Sent over https only. Keep it on.")

    batch_size = number(
        "Events in one request", "At most so many travel together. 20 is a good value.", least=1, usual=20
    )
    batch_wait_ms = number(
        "Wait for more events (milliseconds)",
        "0 sends what one step of the page recorded at once. Up to 1000 saves requests on busy pages.",
        usual=0,
    )
    session_minutes = number(
        "A session ends after (minutes)", "Without any event for so long. 0 counts no sessions.", usual=30
    )
    keeps_queue = switch(
        "Keep unsent events",
        "What could not be sent, for example offline, survives a reload and leaves with the next page.",
    )
    calls_page_on_load = switch(
        "Page view on load",
        "Sends a page view when the file has loaded. Leave it off where pages call page() themselves, or "
        "each view counts twice.",
    )
    follows_spa = switch(
        "Page views of single-page apps",
        "Sends a page view whenever the address changes without a reload, as React and Vue sites do.",
    )
    has_link_helpers = switch(
        "Link and form helpers", "trackLink and trackForm record a click or form before the page goes away."
    )
    sends_timezone = switch("Send the time zone", "Events say which time zone the visitor's device is in.")

    keeps_campaign_days = number(
        "Keep the campaign (days)",
        "The landing page's utm parameters go with later events for so long. 0 sends them with the landing "
        "page only.",
        usual=30,
    )
    click_ids = codes(
        "Click ids to keep",
        "Parameters that ad networks put into a landing page's address, separated by commas. They go with "
        "later events as context.clickIds.",
        placeholder="gclid, fbclid, msclkid",
    )
    keeps_click_ids_days = number(
        "Keep click ids (days)", "90 days fit most networks' conversion windows.", least=1, usual=90
    )
    click_id_categories = some_of(
        (),
        label="Consent for click ids",
        help_text="All of them must be granted. With none chosen, click ids are kept of every visitor.",
    )

    cross_domain_url = text(
        "Cross-domain id address",
        "Several domains, one visitor: fill in the same address in every site's file. Each site then has the "
        "same id in context.providers.crossDomainDirect.id. Leave it empty for a single domain.",
        placeholder="https://events.example.com/v1/cross_domain_direct/id",
    )
    cross_domain_categories = some_of(
        (), label="Consent for the cross-domain id", help_text="All of them must be granted."
    )

    plans = (
        Plan(title="Location", fields=("kind", "hosting", "file_hosting_url", "ingestion_url")),
        Plan(
            title="Page views and events",
            when=ANALYTICS,
            fields=(
                "calls_page_on_load",
                "follows_spa",
                "has_link_helpers",
                "keeps_queue",
                "sends_timezone",
                "session_minutes",
            ),
        ),
        Plan(
            title="Campaigns and click ids",
            about="What a landing page's address says about where the visitor came from.",
            when=ANALYTICS,
            fields=("keeps_campaign_days", "click_ids", "keeps_click_ids_days", "click_id_categories"),
        ),
        Plan(
            title="Cross-domain id",
            about="For customers with several domains.",
            fields=("cross_domain_url", "cross_domain_categories"),
            is_optional=True,
        ),
        Plan(
            title="Names and cookies",
            about="The defaults suit nearly every site.",
            fields=(
                "library_name",
                "storage_prefix",
                "cookie_domain",
                "cookie_lifetime_days",
                "cookie_same_site",
                "cookie_secure",
            ),
            is_optional=True,
        ),
        Plan(
            title="Sending",
            about="The defaults suit nearly every site.",
            when=ANALYTICS,
            fields=("batch_size", "batch_wait_ms"),
            is_optional=True,
        ),
    )

    def prepare(self) -> None:
        ground = self.ground
        offer(self.fields["hosting"], _locations(ground))
        for name in ("click_id_categories", "cross_domain_categories"):
            offer(self.fields[name], ground.category_cards())
        declared = ", ".join(_declared_click_ids(ground))
        base = ground.pipeline.cluster.base_url.rstrip("/")
        self.looks = Looks(
            when={
                "keeps_click_ids_days": "click_ids",
                "click_id_categories": "click_ids",
                "cross_domain_categories": "cross_domain_url",
            },
            offers={
                "file_hosting_url": Offer(
                    value=endpoint_url(ground.pipeline), words="For a test: the Cluster File Endpoint"
                ),
                "ingestion_url": Offer(value=base, words=f"Use {base}"),
                "cross_domain_url": Offer(value=f"{base}{CROSS_DOMAIN}", words="Use this cluster's"),
                "click_ids": Offer(
                    value=declared,
                    words=f"Your vendors look for {declared}: fill in, then choose the consent",
                ),
            },
        )


def _locations(ground: Ground) -> list[Card]:
    """Auto-deploy is the organization's only while staff allows it; what is chosen already stays readable."""
    if ground.organization.auto_deploys:
        return [CLUSTER, MANUAL]
    refusal = f"Auto-deploy is off for {ground.organization}. Ask staff of this installation to switch it on."
    return [
        Card(value=CLUSTER.value, title=CLUSTER.title, about=CLUSTER.about, refusal=refusal),
        MANUAL,
    ]


def _declared_click_ids(ground: Ground) -> list[str]:
    """What the pipeline's vendors look for."""
    rows: Any = ground.pipeline.destinations.select_related("vendor_revision")
    found = [one.parameter for row in rows for one in compiled(row.vendor_revision).click_ids]
    return list(dict.fromkeys(found))
