"""The tables of docs/vendor-files.md, made from the code that they describe."""

from __future__ import annotations

import re
from pathlib import Path

from integrations.core.dictionary import MEANINGS, PRODUCT
from integrations.core.event_names import OTHER_NAMES
from integrations.core.mapping.paths import readable
from integrations.core.mapping.words import CONDITIONS, DIRECTIVES
from integrations.core.operations import OPERATIONS, Argument, NamedOperation
from integrations.core.vendor.schema import schema

PAGE = Path(__file__).resolve().parents[2] / "docs" / "vendor-files.md"
SHOWN = {
    Argument.NONE: "",
    Argument.TEXT: ":text",
    Argument.NUMBER: ":n",
    Argument.OPTIONAL_NUMBER: "[:n]",
    Argument.DIGEST: ":md5, :sha1 or :sha256",
    Argument.VALUE: ":text or an expression",
    Argument.OPTIONAL_VALUE: "[:text or an expression]",
    Argument.OPTIONAL_TEXT: "[:text]",
    Argument.TABLE: "an object, or $settings.x",
}


def tables() -> dict[str, str]:
    """Each table by the name of its marker."""
    return {
        "operations": _table(("operation", "argument", "gives"), [_operation(name) for name in OPERATIONS]),
        "dictionary": _table(
            ("name", "where it is looked for, in order"),
            [
                (f"`{name}`", ", ".join(readable(path) for path in found.places))
                for name, found in MEANINGS.items()
            ],
        ),
        "products": _table(
            ("name", "field of the item, or of the properties"),
            [(f"`product.{name}`", ", ".join(names.split())) for name, (_, names) in PRODUCT.items()],
        ),
        "events": _table(
            ("a rule for", "takes also"),
            [(name, ", ".join(f"`{other}`" for other in others)) for name, others in OTHER_NAMES.items()],
        ),
        "words": f"Directives: {_words(DIRECTIVES)}.\n\nConditions: {_words(CONDITIONS)}.",
        "keys": f"Top level: {_words(schema()['properties'])}.\n\n"
        f"Operation: {_words(schema()['$defs']['operation']['properties'])}.",
    }


def written(page: str) -> str:
    """The page with every marked table renewed."""
    for name, table in tables().items():
        marks = rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)"
        page = re.sub(marks, lambda match, table=table: f"{match[1]}{table}\n{match[2]}", page, flags=re.S)
    return page


def _operation(name: str) -> tuple[str, str, str]:
    operation = OPERATIONS[name]
    return f"`{name}`", _argument(operation), operation.about


def _argument(operation: NamedOperation) -> str:
    if operation.numbers:
        return f":{','.join('nmk'[: operation.numbers])}"
    if operation.choices:
        return f"[:{', '.join(operation.choices)}]"
    return SHOWN[operation.argument]


def _table(head: tuple[str, ...], rows: list[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _words(words: object) -> str:
    return ", ".join(f"`{word}`" for word in sorted(words))  # type: ignore[call-overload]


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
