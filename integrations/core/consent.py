"""Consent: whether one event may go to one destination, and if not, the sentence that says why.

All carriers are pooled per category. One refusal anywhere wins; otherwise one grant is enough; otherwise
the pipeline's policy decides. What can't be read is a refusal under both policies, because somebody
tried to say something: an answer that is neither true nor false refuses its category, a carrier of the
wrong shape refuses every category, and a GPC signal of any value but false is an opt-out.
Answers are read from true and false, 1 and 0, and those words as strings in any case. A carrier that is
null or empty says nothing (an empty list too: that is how PHP writes an empty object). Codes are
compared exactly.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

FLAGS = {"true": True, "1": True, "false": False, "0": False}
SHOWN_CHARACTERS = 20  # of a sender's string in a sentence: enough to find it, too little to leak a profile


class Policy(StrEnum):
    """What silence means: no under `explicit`, yes under `implied`."""

    EXPLICIT = "explicit"
    IMPLIED = "implied"


@dataclass(frozen=True, kw_only=True, slots=True)
class Category:
    """One consent category of an organization. `cmp_codes` are the other codes that stand for it."""

    code: str
    name: str
    is_sale_or_sharing: bool = False
    cmp_codes: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Refusal:
    """Why a destination does not get an event. `category` is a code, empty when the destination has none."""

    category: str
    sentence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Carrier:
    """One field of an event that answers for categories: answers by code, `grants_when` is the answer yes.

    `listed` says that the field is a list of codes. `fault` says why it can't be read at all.
    A decoder of TCF or GPP strings hands its answers over in this form, under codes such as "tcf:4".
    """

    field: str
    answers: Mapping[str, object]
    grants_when: bool = True
    listed: bool = False
    fault: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Signals:
    """Everything that one event says about consent. `gpc` is where the GPC opt-out was found, else empty."""

    carriers: tuple[Carrier, ...] = ()
    gpc: str = ""


EXPLICIT_FLAG = Carrier(field="context.consent.explicit", answers={})


def read_signals(context: object, *, gpc_header: bool = False, decoded: Sequence[Carrier] = ()) -> Signals:
    """Read an event's context once, for all its destinations. Never raises, whatever the sender wrote.

    `gpc_header` is whether the request carried `Sec-GPC: 1`; `decoded` are carriers read from IAB strings.
    """
    carriers = list(decoded)
    known = _read_object(context, "context", carriers)
    consent = _read_object(known.get("consent"), "context.consent", carriers)
    management = _read_object(known.get("consentManagement"), "context.consentManagement", carriers)

    if consent:
        _read_answers(consent, "optOut", carriers, grants_when=False)
        _read_answers(consent, "categoryPreferences", carriers, grants_when=True)
        if consent.get("explicit") is not None:
            carriers.append(EXPLICIT_FLAG)
    if management:
        _read_ids(management, "allowedConsentIds", carriers, grants_when=True)
        _read_ids(management, "deniedConsentIds", carriers, grants_when=False)

    return Signals(carriers=tuple(carriers), gpc=_find_gpc(consent, gpc_header))


def refusal(
    signals: Signals, categories: Sequence[Category], policy: Policy, *, honour_gpc: bool = True
) -> Refusal | None:
    """The first refusal among a destination's categories, or None when every one of them is granted."""
    if not categories:
        return Refusal(
            category="",
            sentence="This destination belongs to no consent category, so nobody can have consented to it. "
            "Choose its categories.",
        )
    for category in categories:
        sentence = _why_refused(signals, category, policy, honour_gpc)
        if sentence:
            return Refusal(category=category.code, sentence=sentence)
    return None


def _why_refused(signals: Signals, category: Category, policy: Policy, honour_gpc: bool) -> str:
    """The sentence that refuses one category, empty when it is granted."""
    if honour_gpc and signals.gpc and category.is_sale_or_sharing:
        return _gpc_sentence(category, signals.gpc)

    granted = policy == Policy.IMPLIED
    codes = (category.code, *category.cmp_codes)
    for carrier in signals.carriers:
        if carrier.fault:
            return _fault_sentence(category, carrier)
        for code in codes:
            if code in carrier.answers:
                flag = _read_flag(carrier.answers[code])
                if flag is not carrier.grants_when:
                    return _refused_sentence(category, carrier, code, flag)
                granted = True
    return "" if granted else _silence_sentence(category, signals)


# Reading


def _read_flag(value: object) -> bool | None:
    """True or False, None for what is neither."""
    if isinstance(value, str):
        return FLAGS.get(value.strip().lower())
    if isinstance(value, (int, float)) and value in (0, 1):
        return bool(value)
    return None


def _read_object(value: object, field: str, carriers: list[Carrier]) -> Mapping[str, object]:
    """An object as it is, nothing as an empty one; anything else is noted among the carriers as a fault."""
    if isinstance(value, Mapping):
        return value
    if value is not None and value != []:
        fault = f"is {_show(value)}, and an object belongs there"
        carriers.append(Carrier(field=field, answers={}, fault=fault))
    return {}


def _read_answers(
    consent: Mapping[str, object], key: str, carriers: list[Carrier], *, grants_when: bool
) -> None:
    """An object of answers by code."""
    if consent.get(key) is None:
        return
    field = f"context.consent.{key}"
    answers = _read_object(consent[key], field, carriers)
    carriers.append(Carrier(field=field, answers=answers, grants_when=grants_when))


def _read_ids(
    management: Mapping[str, object], key: str, carriers: list[Carrier], *, grants_when: bool
) -> None:
    """A list of ids, or an object of names by id (RudderStack's OneTrust plugin writes that)."""
    value = management.get(key)
    if value is None:
        return
    fault = ""
    ids: list[str] = []
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        ids = value
    elif isinstance(value, Mapping) and all(_is_name(name) for name in value.values()):
        ids = list(value)
    else:
        fault = f"is {_show(value)}, and a list of strings belongs there"
    carriers.append(
        Carrier(
            field=f"context.consentManagement.{key}",
            answers=dict.fromkeys(ids, True),
            grants_when=grants_when,
            listed=True,
            fault=fault,
        )
    )


def _is_name(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and _read_flag(value) is None


def _find_gpc(consent: Mapping[str, object], gpc_header: bool) -> str:
    if gpc_header:
        return "the Sec-GPC header is 1"
    value = consent.get("gpc")
    if value is None or _read_flag(value) is False:
        return ""
    return f"context.consent.gpc is {_show(value)}"


# Sentences for people


def _gpc_sentence(category: Category, found: str) -> str:
    return (
        f'Consent for "{category.name}" was refused by Global Privacy Control: {found}, and the category '
        "counts as sale or sharing. Nothing to do unless the visitor turns the control off."
    )


def _fault_sentence(category: Category, carrier: Carrier) -> str:
    return (
        f'Consent for "{category.name}" can\'t be read: {carrier.field} {carrier.fault}. '
        "What can't be read counts as a refusal. Correct what the sender writes there."
    )


def _refused_sentence(category: Category, carrier: Carrier, code: str, flag: bool | None) -> str:
    value = _show(carrier.answers[code])
    found = f"{carrier.field} names {code}" if carrier.listed else f"{carrier.field}.{code} is {value}"
    if flag is None:
        return (
            f'Consent for "{category.name}" can\'t be read: {found}, and only true and false are understood. '
            "What can't be read counts as a refusal. Correct what the sender writes there."
        )
    return (
        f'Consent for "{category.name}" was refused: {found}. '
        "Nothing to do unless the visitor changes their choice."
    )


def _silence_sentence(category: Category, signals: Signals) -> str:
    fields = " or ".join(carrier.field for carrier in signals.carriers)
    found = f"it is not named in {fields}" if fields else "the event carries no consent at all"
    return (
        f'No consent signal for "{category.name}": {found}. The pipeline\'s policy is explicit, so an event '
        f"must carry a grant (for example context.consent.categoryPreferences.{category.code} = true)."
    )


def _show(value: object) -> str:
    """What was found, short and in plain ASCII: no sender's NUL or lone surrogate reaches the database."""
    if isinstance(value, str):
        return json.dumps(value[:SHOWN_CHARACTERS])
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, (int, float)):
        return str(value) if -1e9 < value < 1e9 else "a number"
    return "an object" if isinstance(value, Mapping) else "a list"
