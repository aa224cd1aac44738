"""Operations on objects."""

from __future__ import annotations

from integrations.core.operations.values import BadValue, describe, to_text


def without(value: object, names: object) -> object:
    """The object without these fields, compared without regard to case, underscores and depth."""
    if not isinstance(value, (dict, list)):
        raise BadValue(f"{describe(value)} was found where an object is needed")
    return _strip(value, frozenset(_plain(name) for name in str(names).split(",")))


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
    return [part.strip() for part in value.split(str(separator))] if isinstance(value, str) else [value]
