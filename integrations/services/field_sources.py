"""A preview field by field: value, source and operations of each, what is missing and what is left out."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from delivery.core.redaction import masked
from integrations.core.event import Event
from integrations.core.mapping.left_out import LeftOut
from integrations.core.mapping.listening import Missing
from integrations.core.vendor import Mode
from integrations.core.vendor.explain import Explanation, explain
from integrations.core.vendor.settings import secret_forms
from integrations.core.vendor.sourced import SourcedField, StandsIn, element_fields, sourced_fields
from integrations.services.preparing import Prepared
from integrations.services.wording import HIDDEN

PERSONAL = (StandsIn.QUERY, StandsIn.PATH, StandsIn.BODY)


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownField:
    """One value as a person may read it. `request` counts from 1, None while nothing is sent. `is_changed`
    where the destination has it otherwise than its vendor's file, `is_added` where that has none.
    """

    request: int | None
    stands_in: str
    field: str
    value: object
    source: str
    operations: tuple[str, ...]
    is_changed: bool
    is_added: bool

    @property
    def shown(self) -> str:
        """The value as text: true, 12.5 and {} as JSON writes them."""
        return self.value if isinstance(self.value, str) else json.dumps(self.value, ensure_ascii=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class Sources:
    """What a preview says of an event, field by field."""

    fields: tuple[ShownField, ...] = ()
    missing: tuple[Missing, ...] = ()
    left_out: tuple[LeftOut, ...] = ()

    @property
    def changed_away(self) -> tuple[LeftOut, ...]:
        """What is not sent where the destination has it otherwise than its vendor's file."""
        return tuple(one for one in self.left_out if one.is_changed)

    @property
    def empty(self) -> tuple[LeftOut, ...]:
        """The others that are not sent."""
        return tuple(one for one in self.left_out if not one.is_changed)


def sources(
    prepared: Prepared,
    event: Event,
    settings: Mapping[str, object],
    *,
    now: datetime,
    mode: Mode,
    shows_personal_data: bool,
) -> Sources:
    """Of what was prepared: the fields of its requests, or what was found for an event that is refused."""
    vendor = prepared.vendor
    told = [explain(vendor, event, settings, now=now, mode=mode, part=part) for part in range(prepared.parts)]
    found = [one for one in told if one is not None]
    secrets = secret_forms(vendor.settings.values(), settings)
    missing = [
        replace(one, sentence=masked(one.sentence, secrets))
        for explanation in found
        for one in explanation.missing
    ]
    left_out = [
        replace(one, reason=masked(one.reason, secrets))
        for explanation in found
        for one in explanation.left_out
    ]
    if prepared.requests:
        fields = _of_requests(prepared, told, settings, mode)
    else:
        fields = [(None, one, secrets) for explanation in found for one in element_fields(explanation)]
    return Sources(
        fields=tuple(
            _shown(field, number, hidden, shows_personal_data=shows_personal_data)
            for number, field, hidden in fields
        ),
        missing=tuple(dict.fromkeys(missing)),
        left_out=tuple(dict.fromkeys(left_out)),
    )


Found = tuple[int | None, SourcedField, Sequence[str]]  # the request's number, and what is masked in it


def _of_requests(
    prepared: Prepared, told: Sequence[Explanation | None], settings: Mapping[str, object], mode: Mode
) -> list[Found]:
    fields: list[Found] = []
    for number, request in enumerate(prepared.requests, start=1):
        carried = [one for member in request.members if (one := told[prepared.sent[member]]) is not None]
        made = sourced_fields(prepared.vendor, request, carried, settings, mode=mode)
        fields += [(number, field, request.request.secrets) for field in made]
    return fields


def _shown(
    field: SourcedField, request: int | None, secrets: Sequence[str], *, shows_personal_data: bool
) -> ShownField:
    """Secrets are for nobody, an event's values for those who may see events."""
    value = field.value
    is_personal = field.stands_in in PERSONAL or "$" in field.source
    if is_personal and not shows_personal_data:
        value = HIDDEN
    elif (text := masked(str(value), secrets)) != str(value):
        value = text
    return ShownField(
        request=request,
        stands_in=field.stands_in.value,
        field=field.field,
        value=value,
        source=field.source,
        operations=field.operations,
        is_changed=field.is_changed,
        is_added=field.is_added,
    )
