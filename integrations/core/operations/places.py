"""Operations on places: countries and states by name or code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

import phonenumbers

from integrations.core.operations.values import BadValue, to_text

CODES = frozenset(phonenumbers.SUPPORTED_REGIONS)
ZIP_PLUS_4 = re.compile(r"[0-9]{5}[- ]?[0-9]{4}\Z")
OTHER_NAMES = {
    "america": "US",
    "czechrepublic": "CZ",
    "england": "GB",
    "gbr": "GB",
    "greatbritain": "GB",
    "holland": "NL",
    "republicofkorea": "KR",
    "southkorea": "KR",
    "theunitedkingdom": "GB",
    "theunitedstates": "US",
    "uae": "AE",
    "uk": "GB",
    "unitedstatesofamerica": "US",
    "usa": "US",
}
US_STATES = {
    "AL": "Alabama",
    "AK": "Alaska",
    "AZ": "Arizona",
    "AR": "Arkansas",
    "CA": "California",
    "CO": "Colorado",
    "CT": "Connecticut",
    "DE": "Delaware",
    "DC": "District of Columbia",
    "FL": "Florida",
    "GA": "Georgia",
    "HI": "Hawaii",
    "ID": "Idaho",
    "IL": "Illinois",
    "IN": "Indiana",
    "IA": "Iowa",
    "KS": "Kansas",
    "KY": "Kentucky",
    "LA": "Louisiana",
    "ME": "Maine",
    "MD": "Maryland",
    "MA": "Massachusetts",
    "MI": "Michigan",
    "MN": "Minnesota",
    "MS": "Mississippi",
    "MO": "Missouri",
    "MT": "Montana",
    "NE": "Nebraska",
    "NV": "Nevada",
    "NH": "New Hampshire",
    "NJ": "New Jersey",
    "NM": "New Mexico",
    "NY": "New York",
    "NC": "North Carolina",
    "ND": "North Dakota",
    "OH": "Ohio",
    "OK": "Oklahoma",
    "OR": "Oregon",
    "PA": "Pennsylvania",
    "PR": "Puerto Rico",
    "RI": "Rhode Island",
    "SC": "South Carolina",
    "SD": "South Dakota",
    "TN": "Tennessee",
    "TX": "Texas",
    "UT": "Utah",
    "VT": "Vermont",
    "VA": "Virginia",
    "WA": "Washington",
    "WV": "West Virginia",
    "WI": "Wisconsin",
    "WY": "Wyoming",
}


def country(value: object, _: object) -> object:
    """A two-letter country code in upper case, from such a code or the country's English name."""
    text = to_text(value).strip()
    code = text.upper()
    if code in CODES:
        return code
    found = _country_names().get(_letters(text))
    if found is None:
        raise BadValue("the text is no country; send a two-letter ISO 3166 code such as US")
    return found


def us_state(value: object, _: object) -> object:
    """The code of a US state that is named; anything else stays as it is, for there are other countries."""
    text = to_text(value).strip()
    return _state_codes().get(_letters(text), text)


def us_zip(value: object, _: object) -> object:
    """The first five digits of a US ZIP+4 code; anything else stays as it is."""
    text = to_text(value).strip()
    return text[:5] if ZIP_PLUS_4.match(text) else text


@cache
def _country_names() -> Mapping[str, str]:
    from phonenumbers.geodata.locale import LOCALE_DATA  # a large table, and few events name a country

    names = {_letters(_english(found)): code for code, found in LOCALE_DATA.items()}
    return {name: code for name, code in {**names, **OTHER_NAMES}.items() if name and code in CODES}


def _english(names: Mapping[str, str]) -> str:
    """The name in English; `*fr` stands for: as in French."""
    name = names.get("en", "")
    return names.get(name[1:], "") if name.startswith("*") else name


@cache
def _state_codes() -> Mapping[str, str]:
    return {
        **{_letters(name): code for code, name in US_STATES.items()},
        **{code.lower(): code for code in US_STATES},
    }


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalpha())
