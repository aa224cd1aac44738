"""Every configuration that could be, hostile ones too, as hypothesis strategies."""

from __future__ import annotations

from hypothesis import strategies as st

from integrations.core.tracking_file.config import (
    BeforeConsent,
    Callback,
    Category,
    Consent,
    Cookie,
    Cookies,
    CustomCookie,
    Fetch,
    FileConfig,
    Generate,
    Kind,
    LocalStorage,
    MatchPixel,
    SameSite,
    Source,
    Sync,
    UrlParams,
)

HOSTILE = [
    "</script><script>alert(1)</script>",
    "<!--",
    "-->",
    "]]>",
    "\u2028\u2029",
    "\x00",
    "\"'`\\",
    "${alert(1)}",
    "*/ alert(1) /*",
    "// ",
    "__proto__",
    "constructor",
    "\ud800",
    "\U0001f36a é",
    "</SCRIPT\t>",
    "{email_sha256}",
    "https://ids.example/?a=1&b=</script>#c",
]

text = st.sampled_from(HOSTILE) | st.text(max_size=20)
texts = st.lists(text, max_size=3).map(tuple)
pairs = st.lists(st.tuples(text, text), max_size=3).map(tuple)
days = st.integers(0, 400)

cookies = st.builds(
    Cookies, domain=text, lifetime_days=days, same_site=st.sampled_from(SameSite), secure=st.booleans()
)
category = st.builds(
    Category,
    code=text,
    name=text,
    cmp_codes=texts,
    tcf_purposes=st.lists(st.integers(1, 11), max_size=3).map(tuple),
    gpp_fields=texts,
    is_sale_or_sharing=st.booleans(),
)
custom_cookie = st.builds(
    CustomCookie, name=text, format=st.sampled_from(["json", "pairs", "list"]), path=text
)
consent = st.builds(
    Consent,
    explicit=st.booleans(),
    categories=st.lists(category, max_size=3).map(tuple),
    sources=st.lists(st.sampled_from(Source), unique=True).map(tuple),
    custom_cookie=st.none() | custom_cookie,
    before=st.sampled_from(BeforeConsent),
    storage_categories=texts,
)
options = st.one_of(
    st.builds(
        Fetch,
        url=text,
        http_method=st.sampled_from(["GET", "POST"]),
        credentials=st.booleans(),
        query=pairs,
        body=pairs,
        headers=pairs,
        paths=pairs,
    ),
    st.builds(MatchPixel, url=text, query=pairs),
    st.builds(UrlParams, parameters=texts),
    st.builds(LocalStorage, key=text, path=text),
    st.builds(Cookie, name=text, skip_parts=st.integers(0, 3)),
    st.builds(Generate, format=text),
    st.builds(Callback, function=text),
)
sync = st.builds(
    Sync,
    provider=text,
    id=text,
    options=options,
    lifetime_days=days,
    categories=texts,
    cookie=text,
    resync=st.booleans(),
    timeout_ms=st.integers(0, 10_000),
)
config = st.builds(
    FileConfig,
    kind=st.sampled_from(Kind),
    write_key=text,
    ingestion_url=text,
    library_name=text,
    storage_prefix=text,
    cookies=cookies,
    consent=st.none() | consent,
    syncs=st.lists(sync, max_size=3).map(tuple),
    batch_size=st.integers(1, 100),
    batch_wait_ms=st.integers(0, 1000),
    keeps_queue=st.booleans(),
    session_minutes=st.integers(0, 60),
    calls_page_on_load=st.booleans(),
    follows_spa=st.booleans(),
    has_link_helpers=st.booleans(),
    sends_timezone=st.booleans(),
    keeps_campaign_days=days,
    click_ids=texts,
    keeps_click_ids_days=days,
    click_id_categories=texts,
    cross_domain_url=text,
    cross_domain_categories=texts,
)
