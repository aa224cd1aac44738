"""YAML with the JSON data types only, where every value remembers its line and column."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml._yaml import CParser
from yaml.composer import Composer
from yaml.resolver import Resolver

Position = tuple[int, int]
Path = tuple[str | int, ...]
DEEPEST = 60
PLAIN_TAGS = frozenset({"tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"})


class UnreadableYaml(Exception):
    """A text that is no plain YAML; the message says what would be right."""

    def __init__(self, message: str, mark: Any) -> None:
        super().__init__(message)
        self.message = message
        self.line = mark.line + 1 if mark else 1
        self.column = mark.column + 1 if mark else 1


@dataclass(frozen=True)
class Marks:
    """Where each key and each value of a document begins."""

    keys: Mapping[Path, Position] = field(default_factory=dict)
    values: Mapping[Path, Position] = field(default_factory=dict)

    def at(self, path: Path, *, of_key: bool) -> Position:
        """The place of a path, or of the nearest parent that stands in the file."""
        while path:
            first, second = (self.keys, self.values) if of_key else (self.values, self.keys)
            if (position := first.get(path) or second.get(path)) is not None:
                return position
            path = path[:-1]
        return (1, 1)


class _Loader(Composer, CParser, Resolver):
    """No aliases (they can blow up), no dates, no yes and no, no numbers in base 60.

    libyaml reads the text: a catalogue of fifty files takes seconds otherwise.
    """

    def __init__(self, text: str) -> None:
        CParser.__init__(self, text)
        Composer.__init__(self)
        Resolver.__init__(self)

    def compose_node(self, parent: Any, index: Any) -> Any:
        event: Any = self.peek_event()
        if isinstance(event, yaml.AliasEvent):
            raise UnreadableYaml(
                "aliases are not allowed; name shared parts under `values:`", event.start_mark
            )
        if getattr(event, "anchor", None):
            raise UnreadableYaml(
                "anchors are not allowed; name shared parts under `values:`", event.start_mark
            )
        return super().compose_node(parent, index)


_Loader.yaml_implicit_resolvers = {}
for tag, pattern, first in (
    ("tag:yaml.org,2002:bool", r"(?:true|false)\Z", "tf"),
    ("tag:yaml.org,2002:null", r"(?:null|~|)\Z", ["n", "~", ""]),
    ("tag:yaml.org,2002:int", r"-?(?:0|[1-9][0-9]{0,17})\Z", "-0123456789"),
    (
        "tag:yaml.org,2002:float",
        r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}(?:[eE][-+]?[0-9]{1,2})?\Z",
        "-0123456789",
    ),
):
    _Loader.add_implicit_resolver(tag, re.compile(pattern), list(first))


def read_marked(text: str) -> tuple[object, Marks]:
    """The document and where its parts stand."""
    try:
        node = _Loader(text).get_single_node()
        marks = Marks()
        return (None if node is None else _value(node, (), marks)), marks
    except yaml.MarkedYAMLError as error:
        raise UnreadableYaml(f"no valid YAML: {error.problem}", error.problem_mark) from None
    except yaml.YAMLError as error:
        raise UnreadableYaml(f"no valid YAML: {str(error).splitlines()[0]}", None) from None
    except RecursionError:
        raise UnreadableYaml("nested too deeply", None) from None


def _value(node: yaml.Node, path: Path, marks: Marks) -> object:
    if len(path) > DEEPEST:
        raise UnreadableYaml(f"nested deeper than {DEEPEST} levels", node.start_mark)
    marks.values[path] = _position(node)  # type: ignore[index]
    if isinstance(node, yaml.CollectionNode) and node.tag not in PLAIN_TAGS:
        raise UnreadableYaml(
            f"the tag !{node.tag.rpartition(':')[2]} is not allowed; use plain values", node.start_mark
        )
    if isinstance(node, yaml.MappingNode):
        return _object(node, path, marks)
    if isinstance(node, yaml.SequenceNode):
        return [_value(item, (*path, index), marks) for index, item in enumerate(node.value)]
    return _scalar(node)


def _object(node: yaml.MappingNode, path: Path, marks: Marks) -> dict[str, object]:
    result: dict[str, object] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise UnreadableYaml("a key must be plain text", key_node.start_mark)
        key = str(key_node.value)
        place = (*path, key)
        if key in result:
            spelled = ".".join(str(step) for step in place)
            raise UnreadableYaml(
                f"{spelled}: the key `{key}` stands here twice; keep one", key_node.start_mark
            )
        marks.keys[place] = _position(key_node)  # type: ignore[index]
        result[key] = _value(value_node, place, marks)
    return result


def _scalar(node: yaml.Node) -> object:
    kind = str(node.tag).rpartition(":")[2]
    text = str(node.value)
    match kind:
        case "bool":
            return text == "true"
        case "null":
            return None
        case "int":
            return int(text)
        case "float":
            return float(text)
        case "str":
            return text
    raise UnreadableYaml(f"the tag !{kind} is not allowed; use plain values", node.start_mark)


def _position(node: yaml.Node) -> Position:
    return node.start_mark.line + 1, node.start_mark.column + 1
