"""Step 2: where the browser learns what a visitor granted, and what it does until then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from integrations.admin.file_builder.fields import Card, offer, one_of, select, some_of, switch, text
from integrations.admin.file_builder.layout import Looks, Plan
from integrations.admin.file_builder.step import StepForm
from integrations.models import ConsentCategory

POLICIES = (
    Card(
        value="explicit",
        title="Explicit: no answer means no",
        about="Nothing is stored or synced for a category until the visitor grants it, as the GDPR asks.",
    ),
    Card(
        value="implied",
        title="Implied: no answer means yes",
        about="Everything runs until the visitor refuses. For opt-out regions, such as most US states.",
    ),
)
BEFORE = (
    Card(
        value="hold",
        title="Hold events",
        about="They wait in the page's memory and leave with the answer. A visitor who never answers is "
        "not counted.",
    ),
    Card(
        value="send",
        title="Send events without stored ids",
        about="Page views arrive at once, with no cookie behind them and with the consent as it stands.",
    ),
)
SOURCES = (
    Card(
        value="onetrust",
        cost="consent.sources.onetrust",
        title="OneTrust",
        about="Reads the granted groups, such as C0002, and follows the banner.",
    ),
    Card(
        value="cookiebot",
        cost="consent.sources.cookiebot",
        title="Cookiebot",
        about="Reads preferences, statistics and marketing, and follows the banner.",
    ),
    Card(
        value="tcf",
        cost="consent.sources.tcf",
        title="IAB TCF 2.2",
        about="Asks any TCF banner by __tcfapi. A category is granted when all its TCF purposes are.",
    ),
    Card(
        value="gpp",
        cost="consent.sources.gpp",
        title="IAB GPP",
        about="Asks by __gpp, for US states. An opt-out in one of a category's GPP fields refuses it.",
    ),
    Card(
        value="gpc",
        cost="consent.sources.gpc",
        title="Global Privacy Control",
        about="Reads the browser's own signal. It refuses the categories of sale and sharing.",
    ),
    Card(
        value="google_consent_mode",
        cost="consent.sources.google_consent_mode",
        title="Google Consent Mode",
        about="Reads what the page tells Google's tags, such as ad_storage and analytics_storage.",
    ),
    Card(
        value="custom_cookie",
        cost="consent.sources.custom_cookie",
        title="A cookie of your own banner",
        about="Reads a first-party cookie that the site sets when the visitor answers.",
    ),
)
FORMATS = {
    "json": 'JSON, as in {"advertising": true}',
    "pairs": "Pairs, as in advertising:1,analytics:0",
    "list": "A list of what is granted, as in advertising,analytics",
}
COOKIE = "custom_cookie_"


class ConsentForm(StepForm):
    """Consent."""

    member = "consent"

    enabled = switch(
        "Check consent in the browser",
        "Syncs run and ids are kept only for what the visitor granted, and every event says what that is. "
        "Off only where the site has no banner and needs none.",
    )
    policy = one_of(POLICIES, label="Without an answer of the visitor")
    before = one_of(BEFORE, label="Until the visitor has answered")
    categories = some_of(
        (),
        label="Categories",
        help_text="Events carry the visitor's answer for each of them.",
    )
    sources = some_of(
        SOURCES,
        label="Where the answer comes from",
        help_text="Any refusal wins when there are several. Pages can always tell the library, too.",
    )
    custom_cookie_name = text(
        "Name of the cookie", "As the browser shows it, for example site_consent.", placeholder="site_consent"
    )
    custom_cookie_format = select("What is in it", FORMATS)
    custom_cookie_path = text(
        "Where in the JSON",
        "Only when the answers stand deeper: a path with dots, for example consent.categories.",
    )
    storage_categories = some_of(
        (),
        label="Needed before any id is stored",
        help_text="All of them must be granted before the file keeps an anonymous id or a session. None: "
        "ids count as strictly necessary.",
    )

    plans = (
        Plan(title="Consent in the browser", fields=("enabled",)),
        Plan(title="Policy", when="enabled", fields=("policy", "before")),
        Plan(
            title="What visitors are asked about",
            when="enabled",
            fields=("categories", "storage_categories"),
        ),
        Plan(
            title="Consent platform",
            when="enabled",
            fields=("sources", "custom_cookie_name", "custom_cookie_format", "custom_cookie_path"),
        ),
    )

    def prepare(self) -> None:
        offer(self.fields["categories"], [_explained(one) for one in self.ground.categories])
        offer(self.fields["storage_categories"], self.ground.category_cards())
        self.looks = Looks(
            when={
                f"{COOKIE}name": "sources=custom_cookie",
                f"{COOKIE}format": "sources=custom_cookie",
                f"{COOKIE}path": "sources=custom_cookie",
            },
        )

    def read(self, member: Mapping[str, Any]) -> dict[str, Any]:
        cookie = {"name": "", "format": "json", "path": "", **(member.get("custom_cookie") or {})}
        return {**member, **{COOKIE + name: value for name, value in cookie.items()}}

    def write(self, values: dict[str, Any]) -> dict[str, Any]:
        cookie = {name: values.pop(COOKIE + name, "") for name in ("name", "format", "path")}
        is_read = "custom_cookie" in values.get("sources", ())
        return {**values, "custom_cookie": cookie if is_read or cookie["name"] else {}}

    def field_at(self, path: Sequence[str]) -> str | None:
        if path[:1] == ("custom_cookie",):
            return super().field_at([COOKIE + (path[1] if len(path) > 1 else "name")])
        return super().field_at(path)


def _explained(category: ConsentCategory) -> Card:
    """A category with what stands for it on each platform."""
    notes = []
    if category.cmp_codes:
        notes.append("Banners call it " + ", ".join(category.cmp_codes))
    if category.tcf_purposes:
        notes.append("TCF purposes " + ", ".join(map(str, category.tcf_purposes)))
    if category.gpp_fields:
        notes.append("GPP " + ", ".join(category.gpp_fields))
    if category.is_sale_or_sharing:
        notes.append("GPC refuses it")
    return Card(value=category.code, title=category.name, about=f"Code {category.code}", notes=notes)
