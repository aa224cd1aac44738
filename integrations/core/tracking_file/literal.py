"""A configuration as the one JavaScript literal of its file: canonical, ASCII, and safe inside any markup.

The members are named and left out as integrations/tracker/src/config.ts says. All text of the customer's
stands in strings of this literal and nowhere else in a file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from integrations.core.tracking_file.config import (
    Category,
    Consent,
    Cookies,
    CustomCookie,
    FileConfig,
    Kind,
    Options,
    SameSite,
    Sync,
    UrlParams,
)
from integrations.core.tracking_file.cross_domain import syncs_of
from integrations.core.tracking_file.options import ids_of

Members = dict[str, Any]

IDENTIFIER = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")


def literal(config: FileConfig, names: Mapping[str, str]) -> str:
    """The configuration as JavaScript source. `names` gives what the minified code calls each member."""
    return _write(members(config), names)


def members(config: FileConfig) -> Members:
    """What the browser needs to know, by the names of config.ts without their underscore."""
    known: Members = {
        "writeKey": config.write_key,
        "libraryName": config.library_name,
        "storagePrefix": config.storage_prefix,
        "cookies": _cookies(config.cookies),
        "consent": _consent(config.consent) if config.consent else None,
        "syncs": [_sync(sync) for sync in syncs_of(config)],
    }
    if config.kind is Kind.ANALYTICS:
        known |= _events(config)
    return _said(known)


def _events(config: FileConfig) -> Members:
    known: Members = {
        "ingestionUrl": config.ingestion_url.rstrip("/"),
        "batchSize": config.batch_size,
        "batchWaitMs": config.batch_wait_ms,
        "sessionMinutes": config.session_minutes,
        "keepsCampaignDays": config.keeps_campaign_days,
    }
    if config.click_ids and config.keeps_click_ids_days:
        known["clickIds"] = config.click_ids
        known["keepsClickIdsDays"] = config.keeps_click_ids_days
        known["clickIdCategories"] = config.click_id_categories
    return known


def _cookies(cookies: Cookies) -> Members:
    return _said(
        {
            "domain": cookies.domain,
            "lifetimeDays": cookies.lifetime_days,
            "sameSite": cookies.same_site.value,
            "secure": cookies.secure or cookies.same_site is SameSite.NONE,  # browsers refuse None without
        }
    )


def _consent(consent: Consent) -> Members:
    return _said(
        {
            "explicit": consent.explicit,
            "categories": [_category(category) for category in consent.categories],
            "before": consent.before.value,
            "storageCategories": consent.storage_categories,
            "customCookie": _custom_cookie(consent.custom_cookie) if consent.custom_cookie else None,
        }
    )


def _category(category: Category) -> Members:
    return _said(
        {
            "code": category.code,
            "cmpCodes": category.cmp_codes,
            "tcfPurposes": category.tcf_purposes,
            "gppFields": category.gpp_fields,
            "isSaleOrSharing": category.is_sale_or_sharing,
        }
    )


def _custom_cookie(cookie: CustomCookie) -> Members:
    return _said({"name": cookie.name, "format": cookie.format, "path": cookie.path})


def _sync(sync: Sync) -> Members:
    return _said(
        {
            "provider": sync.provider,
            "ids": ids_of(sync.id, sync.options) or (sync.id,),
            "method": sync.method.value,
            "options": _options(sync.options),
            "lifetimeDays": sync.lifetime_days,
            "categories": sync.categories,
            "cookie": sync.cookie,
            "resync": sync.resync,
            "timeoutMs": sync.timeout_ms,
        }
    )


def _options(options: Options) -> Members:
    if isinstance(options, UrlParams):
        return {}  # its parameters are the sync's ids
    given = {_camel(name): getattr(options, name) for name in options.__dataclass_fields__}
    if given.get("httpMethod") == "GET":
        del given["httpMethod"]
    return _said(given)


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _said(known: Members) -> Members:
    """Only what says something: false, 0, empty text and empty lists are what a missing member means."""
    return {name: value for name, value in known.items() if isinstance(value, dict) or value}


# Writing


def _write(value: Any, names: Mapping[str, str]) -> str:
    match value:
        case dict():
            written = sorted(
                (_key(names[name]), _write(one, names)) for name, one in value.items() if name in names
            )
            return "{" + ",".join(f"{name}:{one}" for name, one in written) + "}"
        case tuple() | list():
            return "[" + ",".join(_write(one, names) for one in value) + "]"
        case bool():
            return "1" if value else "0"
        case int():
            return str(value)
        case str():
            return _text(value)
        case _:
            raise TypeError(f"{type(value).__name__} is no value of a tracking file's configuration")


def _key(name: str) -> str:
    return name if IDENTIFIER.fullmatch(name) else json.dumps(name)


def _text(value: str) -> str:
    r"""A JavaScript string in ASCII. Without `<` and `>` no markup begins or ends in it.

    >>> print(_text("</script>"))
    "\u003c/script\u003e"
    """
    return json.dumps(value).replace("<", "\\u003c").replace(">", "\\u003e")
