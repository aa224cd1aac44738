"""Operations on objects and lists as a whole."""

from __future__ import annotations

import json
from functools import lru_cache

from integrations.core.dictionary import MEANINGS
from integrations.core.operations import patterns
from integrations.core.operations.text import snake_case
from integrations.core.operations.values import BadValue, describe, to_text

PROPERTY = "$properties."


def without(value: object, names: object) -> object:
    """The object without these fields, compared without regard to case, underscores and depth.

    A person's field goes in every spelling in which the dictionary reads it: `email` takes emailAddress away.
    """
    if not isinstance(value, (dict, list)):
        raise BadValue(f"{describe(value)} was found where an object is needed")
    return _strip(value, _spellings(str(names)))


@lru_cache(maxsize=1024)
def _spellings(names: str) -> frozenset[str]:
    """The names, and for what is of a person the last part of each place where it may stand."""
    known = [MEANINGS[name].places for name in names.split(",") if name in MEANINGS]
    of_people = [places for places in known if any(place.startswith("$traits.") for place in places)]
    spelled = [place.rpartition(".")[2] for places in of_people for place in places if PROPERTY in place]
    return frozenset(_plain(name) for name in (*names.split(","), *spelled))


def omit(value: object, names: object) -> object:
    """The object without these fields of its own, compared without regard to case and underscores."""
    if not isinstance(value, dict):
        raise BadValue(f"{describe(value)} was found where an object is needed")
    left_out = frozenset(_plain(name) for name in str(names).split(","))
    return {key: item for key, item in value.items() if _plain(str(key)) not in left_out}


def strings(value: object, _: object) -> object:
    """The object with its scalar values as texts; nested lists and objects are left out."""
    if not isinstance(value, dict):
        raise BadValue(f"{describe(value)} was found where an object is needed")
    scalars = {key: item for key, item in value.items() if isinstance(item, (str, int, float))}
    return {key: to_text(item) for key, item in scalars.items() if item != ""}


def _strip(value: object, names: frozenset[str]) -> object:
    if isinstance(value, dict):
        return {key: _strip(item, names) for key, item in value.items() if _plain(str(key)) not in names}
    return [_strip(item, names) for item in value] if isinstance(value, list) else value


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").replace(" ", "").lower()


def attributes(value: object, limits: object) -> object:
    """Scalars as texts, refused when there are too many or a name or value is too long."""
    most, longest_name, longest_value = (int(limit) for limit in str(limits).split(","))
    found = strings(value, None)
    assert isinstance(found, dict)
    if len(found) > most:
        raise BadValue(f"the object has {len(found)} attributes and at most {most} are taken")
    for name, text in found.items():
        if len(name) > longest_name or len(text) > longest_value:
            rule = f"names may have {longest_name} characters and values {longest_value}"
            raise BadValue(f"the attribute `{name[:40]}` is too long; {rule}")
    return found


def as_list(value: object, separator: object) -> object:
    """A list as it is, text split at the separator, anything else as a list of one."""
    if isinstance(value, list):
        return value
    if separator is None:
        return [value]
    return [part.strip() for part in value.split(str(separator))] if isinstance(value, str) else [value]


def limit(value: object, most: object) -> object:
    """The first so many items of a list or fields of an object."""
    if isinstance(value, list):
        return value[: int(str(most))]
    if isinstance(value, dict):
        return dict(list(value.items())[: int(str(most))])
    raise BadValue(f"{describe(value)} was found where a list or an object is needed")


def one(value: object, _: object) -> object:
    """The first item of a list, where a vendor takes one value; anything else as it is."""
    if not isinstance(value, list):
        return value
    return value[0] if value else None


def distinct(value: object, _: object) -> object:
    """The items of a list, or what an object's fields hold, each once and in order."""
    if not isinstance(value, (list, dict)):
        raise BadValue(f"{describe(value)} was found where a list or an object is needed")
    found: dict[str, object] = {}
    for item in value.values() if isinstance(value, dict) else value:
        found.setdefault(json.dumps(item, sort_keys=True, default=str), item)
    return list(found.values())


def only(value: object, names: object) -> object:
    """The object with these fields alone, in the argument's order."""
    if not isinstance(value, dict):
        raise BadValue(f"{describe(value)} was found where an object is needed")
    return {name: value[name] for name in str(names).split(",") if name in value}


def pick(value: object, name: object) -> object:
    """One field of an object, or of each object of a list."""
    return value.get(str(name)) if isinstance(value, dict) else None


def scalars(value: object, _: object) -> object:
    """The object without its nested lists and objects."""
    if not isinstance(value, dict):
        raise BadValue(f"{describe(value)} was found where an object is needed")
    return {key: item for key, item in value.items() if isinstance(item, (str, int, float)) and item != ""}


def snake_names(value: object, _: object) -> object:
    """The object with its own fields' names in snake case; of two that fall together the first stays."""
    if not isinstance(value, dict):
        raise BadValue(f"{describe(value)} was found where an object is needed")
    named: dict[str, object] = {}
    for key, item in value.items():
        named.setdefault(str(snake_case(str(key), None)), item)
    named.pop("", None)
    return named


def omit_matching(value: object, compiled: object) -> object:
    """The object without those of its own fields in whose names the pattern occurs."""
    if not isinstance(value, dict):
        raise BadValue(f"{describe(value)} was found where an object is needed")
    return {key: item for key, item in value.items() if not patterns.found(compiled, key)}


def short_values(value: object, longest: object) -> object:
    """The object with its texts cut to so many characters."""
    if not isinstance(value, dict):
        raise BadValue(f"{describe(value)} was found where an object is needed")
    cut = int(str(longest))
    return {key: item[:cut] if isinstance(item, str) else item for key, item in value.items()}


def indexed(value: object, name: object) -> object:
    """A list as one object whose names carry each item's position: {ITEM1: ..., QTY1: ..., ITEM2: ...}.

    In the argument {name} is the item's field, {n} its position from 1, {i} from 0.
    """
    template = str(name or "{name}{n}")
    found: dict[str, object] = {}
    for i, item in enumerate(value if isinstance(value, list) else [value]):
        fields = item if isinstance(item, dict) else {"": item}
        for field, part in fields.items():
            whole = template.replace("{i}", str(i)).replace("{n}", str(i + 1)).replace("{name}", str(field))
            found[whole] = part
    return found


def join_all(value: object, separator: object) -> object:
    """A list's items as one text, with the places of empty ones kept; nothing when all are empty."""
    items = value if isinstance(value, list) else [value]
    texts = ["" if item is None else to_text(item) for item in items]
    return str(separator).join(texts) if any(texts) else None
