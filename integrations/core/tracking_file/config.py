"""Everything that one tracking file is made of, resolved: no references, no secrets, nothing to look up."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """A whole analytics library, or only syncs and consent for a site that keeps another SDK."""

    ANALYTICS = "analytics"
    SYNC_INJECTOR = "sync_injector"


class Method(StrEnum):
    """How one identifier is obtained in the browser."""

    FETCH = "fetch"
    MATCH_PIXEL = "matchPixel"
    URL_PARAMS = "urlParams"
    LOCAL_STORAGE = "localStorage"
    COOKIE = "cookie"
    GENERATE = "generate"
    CALLBACK = "callback"


class Source(StrEnum):
    """Where the browser learns what a visitor granted. The manual API is always there."""

    ONETRUST = "onetrust"
    COOKIEBOT = "cookiebot"
    TCF = "tcf"
    GPP = "gpp"
    GPC = "gpc"
    GOOGLE_CONSENT_MODE = "google_consent_mode"
    CUSTOM_COOKIE = "custom_cookie"


class SameSite(StrEnum):
    """The cookies' SameSite attribute. None implies Secure."""

    LAX = "Lax"
    STRICT = "Strict"
    NONE = "None"


class BeforeConsent(StrEnum):
    """What happens to events until the visitor has answered: kept in memory, or sent without stored ids."""

    HOLD = "hold"
    SEND = "send"


@dataclass(frozen=True, kw_only=True, slots=True)
class Cookies:
    """How first-party cookies are set. An empty domain is found by probing from the shortest suffix up."""

    domain: str = ""
    lifetime_days: int = 395
    same_site: SameSite = SameSite.LAX
    secure: bool = True  # on https pages; a page over http gets them without


@dataclass(frozen=True, kw_only=True, slots=True)
class Category:
    """A consent category and what stands for it on each platform."""

    code: str
    name: str
    cmp_codes: tuple[str, ...] = ()  # OneTrust groups, Cookiebot and Consent Mode names, custom cookie keys
    tcf_purposes: tuple[int, ...] = ()  # 1 to 11; all of them must be consented to
    gpp_fields: tuple[str, ...] = ()  # of parsed GPP sections, such as SaleOptOut; any opt-out refuses
    is_sale_or_sharing: bool = False  # Global Privacy Control opts out of it


@dataclass(frozen=True, kw_only=True, slots=True)
class CustomCookie:
    """The consent cookie of a site's own banner. `format` is how codes and answers stand in it.

    json: `{"code": true}` (also nested under `path`); pairs: `code:1,code:0` or `code=true&...`;
    list: `code,code` of what is granted. Percent-encoding is undone before.
    """

    name: str
    format: str = "json"  # json | pairs | list
    path: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Consent:
    """What the browser does about consent. An `explicit` policy reads silence as no, `implied` as yes."""

    explicit: bool = True
    categories: tuple[Category, ...] = ()
    sources: tuple[Source, ...] = ()
    custom_cookie: CustomCookie | None = None
    before: BeforeConsent = BeforeConsent.HOLD
    storage_categories: tuple[str, ...] = ()  # must all be granted before ids are stored


@dataclass(frozen=True, kw_only=True, slots=True)
class Fetch:
    """GET or POST of an identity endpoint that answers JSON; the id is taken from it by a dotted path.

    Values of query, body and headers, and the URL, may hold the tokens {anonymous_id}, {user_id},
    {email_sha256} and {phone_sha256}; a request that needs one that is not known yet waits for it.
    """

    url: str
    http_method: str = "GET"
    credentials: bool = False  # sends the vendor's own cookies (`credentials: include`)
    query: tuple[tuple[str, str], ...] = ()
    body: tuple[tuple[str, str], ...] = ()  # sent as one flat JSON object, POST only
    headers: tuple[tuple[str, str], ...] = ()
    paths: tuple[tuple[str, str], ...] = ()  # (id, dotted path in the answer)


@dataclass(frozen=True, kw_only=True, slots=True)
class MatchPixel:
    """An image URL that is fired with tokens; no id comes back, a marker `beaconFired` is kept instead."""

    url: str
    query: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class UrlParams:
    """Query parameters of the page that are kept under their own names, newest wins."""

    parameters: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class LocalStorage:
    """An item that the site or vendor stored, optionally a dotted path in its JSON."""

    key: str
    path: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Cookie:
    """A first-party cookie that the site or vendor stored. `part` is a piece of it: split by `.`, from 0."""

    name: str
    skip_parts: int = 0  # leading dot-separated pieces to leave out, as in GA1.1.<id>


@dataclass(frozen=True, kw_only=True, slots=True)
class Generate:
    """An id made here: text with {hex:N} (N random bytes), {digits:N}, {uuid}, {epoch_ms} and {epoch_s}."""

    format: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Callback:
    """A global function, by dotted path, that is called with a function that takes the value."""

    function: str


Options = Fetch | MatchPixel | UrlParams | LocalStorage | Cookie | Generate | Callback


@dataclass(frozen=True, kw_only=True, slots=True)
class Sync:
    """One identity sync. Its id reaches events as `context.providers.<provider>.<id>`.

    It is kept in the cookie `<prefix><provider>_<id>`, or in `cookie` where the vendor documents a name.
    """

    provider: str
    id: str
    options: Options
    lifetime_days: int
    categories: tuple[str, ...]  # codes; all must be granted
    cookie: str = ""
    resync: bool = False  # runs again on every page load although an id is there
    timeout_ms: int = 3000

    @property
    def method(self) -> Method:
        return METHODS[type(self.options)]


METHODS: dict[type, Method] = {
    Fetch: Method.FETCH,
    MatchPixel: Method.MATCH_PIXEL,
    UrlParams: Method.URL_PARAMS,
    LocalStorage: Method.LOCAL_STORAGE,
    Cookie: Method.COOKIE,
    Generate: Method.GENERATE,
    Callback: Method.CALLBACK,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class FileConfig:
    """A tracking file's whole content as values. Two equal configs assemble to equal bytes.

    `ingestion_url` is the base that `/v1/b` is appended to; `library_name` the global that pages call.
    Times are days, minutes and milliseconds as their names say; 0 switches a part off.
    """

    kind: Kind = Kind.ANALYTICS
    write_key: str
    ingestion_url: str
    library_name: str = "analytics"
    storage_prefix: str = "_s2s_"
    cookies: Cookies = Cookies()
    consent: Consent | None = None  # None: the file knows no consent at all
    syncs: tuple[Sync, ...] = ()
    batch_size: int = 20  # events in one request at most
    batch_wait_ms: int = 0  # 0: what one task of the page sends goes together
    keeps_queue: bool = True  # unsent events survive a reload in localStorage
    session_minutes: int = 30
    calls_page_on_load: bool = False
    follows_spa: bool = False  # a page call on every change of path or query
    has_link_helpers: bool = True  # trackLink, trackForm, trackClick, trackSubmit
    sends_timezone: bool = True
    keeps_campaign_days: int = 30
    click_ids: tuple[str, ...] = ()  # parameters kept as context.clickIds.<parameter>
    keeps_click_ids_days: int = 90
    click_id_categories: tuple[str, ...] = ()
    cross_domain_url: str = ""  # `https://CLUSTER/v1/cross_domain_direct/id`
    cross_domain_categories: tuple[str, ...] = ()
