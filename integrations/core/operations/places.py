"""Operations on places: names and codes of countries and of the United States' states."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import iso3166
from phonenumbers.geodata.locale import LOCALE_DATA

from integrations.core.operations.values import BadValue, to_text

LONGEST_NAME = 80  # characters; no place is called by more
WORDS = re.compile(r"[^\w]+")
ZIP_PLUS_4 = re.compile(r"[0-9]{5}[- ]?[0-9]{4}\Z")
# What people write and neither ISO 3166 nor CLDR has as a name.
OTHER_NAMES = {
    "usa": "US",
    "us of a": "US",
    "united states of america": "US",
    "america": "US",
    "uk": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "holland": "NL",
    "south korea": "KR",
    "north korea": "KP",
    "russia": "RU",
    "uae": "AE",
    "czech republic": "CZ",
    "turkey": "TR",
    "swaziland": "SZ",
    "burma": "MM",
    "ivory coast": "CI",
    "cape verde": "CV",
    "macedonia": "MK",
    "vatican": "VA",
    "kosovo": "XK",
}
# ANSI INCITS 38: states, the district, and the territories that have a postal abbreviation.
US_STATES = {
    "alabama": "AL",
    "alaska": "AK",
    "arizona": "AZ",
    "arkansas": "AR",
    "california": "CA",
    "colorado": "CO",
    "connecticut": "CT",
    "delaware": "DE",
    "district of columbia": "DC",
    "washington dc": "DC",
    "florida": "FL",
    "georgia": "GA",
    "hawaii": "HI",
    "idaho": "ID",
    "illinois": "IL",
    "indiana": "IN",
    "iowa": "IA",
    "kansas": "KS",
    "kentucky": "KY",
    "louisiana": "LA",
    "maine": "ME",
    "maryland": "MD",
    "massachusetts": "MA",
    "michigan": "MI",
    "minnesota": "MN",
    "mississippi": "MS",
    "missouri": "MO",
    "montana": "MT",
    "nebraska": "NE",
    "nevada": "NV",
    "new hampshire": "NH",
    "new jersey": "NJ",
    "new mexico": "NM",
    "new york": "NY",
    "north carolina": "NC",
    "north dakota": "ND",
    "ohio": "OH",
    "oklahoma": "OK",
    "oregon": "OR",
    "pennsylvania": "PA",
    "rhode island": "RI",
    "south carolina": "SC",
    "south dakota": "SD",
    "tennessee": "TN",
    "texas": "TX",
    "utah": "UT",
    "vermont": "VT",
    "virginia": "VA",
    "washington": "WA",
    "west virginia": "WV",
    "wisconsin": "WI",
    "wyoming": "WY",
    "american samoa": "AS",
    "guam": "GU",
    "northern mariana islands": "MP",
    "puerto rico": "PR",
    "us virgin islands": "VI",
}
STATE_CODES = frozenset(US_STATES.values())


def country(value: object, form: object) -> object:
    """The two-letter code, or the three-letter one with `alpha3`, of a code or of a name in any language."""
    alpha2 = country_code(to_text(value))
    if alpha2 is None:
        raise BadValue("the text is no country; send a two-letter ISO 3166 code such as US")
    return _alpha3()[alpha2] if form == "alpha3" and alpha2 in _alpha3() else alpha2


def us_state(value: object, _: object) -> object:
    """The two-letter code of a state of the United States; any other text as it is."""
    text = to_text(value).strip()
    code = text.upper().removeprefix("US-")
    if code in STATE_CODES:
        return code
    return US_STATES.get(_plain(text), text)


def us_zip(value: object, _: object) -> object:
    """The first five digits of a US ZIP+4 code; any other text as it is."""
    text = to_text(value).strip()
    return text[:5] if ZIP_PLUS_4.match(text) else text


def country_code(text: str) -> str | None:
    """The two-letter code that a code or a name stands for."""
    if len(text) > LONGEST_NAME:
        return None
    names, code = _names(), text.strip().upper()
    if code in names:
        return names[code]
    return names.get(_plain(text))


@cache
def _names() -> dict[str, str]:
    """Codes in upper case, names in plain lower case. English names win over those of other languages."""
    found: dict[str, str] = {}
    for region, names in LOCALE_DATA.items():
        for language, name in names.items():
            if language != "en" and not name.startswith("*"):  # `*en` points to another language's name
                found.setdefault(_plain(name), region)
    for region, names in LOCALE_DATA.items():
        if (english := names.get("en")) is not None:
            found[_plain(english)] = region
    for entry in iso3166.countries:
        found |= {_plain(name): entry.alpha2 for name in (entry.name, entry.apolitical_name)}
    found |= OTHER_NAMES
    found.pop("", None)
    for entry in iso3166.countries:
        found |= {entry.alpha2: entry.alpha2, entry.alpha3: entry.alpha2}
    return found


@cache
def _alpha3() -> dict[str, str]:
    return {entry.alpha2: entry.alpha3 for entry in iso3166.countries}


def _plain(name: str) -> str:
    """Without accents, punctuation and case: Côte d'Ivoire and cote d ivoire are one name."""
    bare = "".join(
        character
        for character in unicodedata.normalize("NFKD", name.replace(".", "").replace("&", " and "))
        if not unicodedata.combining(character)
    )
    return WORDS.sub(" ", bare).strip().casefold()
