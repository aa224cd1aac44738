"""What expressions found while they ran: frames, kept by listeners around production's own closures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from integrations.core.dictionary import meaning
from integrations.core.event import Event
from integrations.core.mapping.context import Context
from integrations.core.mapping.errors import Path, Rejection
from integrations.core.mapping.paths import compile_path
from integrations.core.mapping.scope import Expression, Run, Scope, is_empty


@dataclass(slots=True)
class Frame:
    """One run of an expression: what it is, what it gave, and the runs inside it in their order.

    `name` is that of a field, None for an expression. `raw` is what a directive produced before its
    operations, `place` the path where a `from` found it. `told` are the notes that it made.
    """

    document: object
    path: Path
    looks_in: tuple[str, ...] = ()
    keeps_empty: bool = False
    name: str | None = None
    value: object = None
    raw: object = None
    place: str = ""
    is_missing: bool = False
    told: tuple[str, ...] = ()
    parts: list[Frame] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True, slots=True)
class Missing:
    """What keeps an event from being sent: the vendor's field, where it was looked for, and the sentence."""

    field: str
    looked_in: tuple[str, ...]
    sentence: str


class ListeningScope(Scope):
    """A scope that keeps the frames of what runs in it, and what was missing."""

    __slots__ = ("frame", "missing")

    def __init__(self, event: Event, settings: object, now: datetime | None, mode: str) -> None:
        super().__init__(event, settings, now, mode)  # type: ignore[arg-type]
        self.frame = Frame(None, ())
        self.missing: list[Missing] = []

    def run(self, expression: Expression) -> Frame:
        """The frame of one run, apart from all others."""
        return self.record(Frame(None, ()), expression.run)

    def record(self, frame: Frame, run: Run) -> Frame:
        """Run it with the frame open: what runs inside becomes the frame's parts."""
        outer, noted = self.frame, len(self.notes)
        self.frame = frame
        try:
            frame.value = run(self)
        finally:
            self.frame = outer
            frame.told = tuple(self.notes[noted:])
        return frame


class Listening:
    """The listener. A vendor that is compiled with it runs in a ListeningScope only."""

    def expression(self, compiled: Expression, document: object, context: Context, path: Path) -> Expression:
        """The expression, leaving a frame."""
        run, found = compiled.run, _finder(document, context, path)

        def heard(scope: Scope) -> object:
            assert isinstance(scope, ListeningScope)
            frame = Frame(document, path, compiled.looks_in, compiled.keeps_empty)
            scope.frame.parts.append(frame)
            scope.record(frame, run)
            frame.place = found(scope)
            return frame.value

        return replace(compiled, run=heard)

    def producer(self, compiled: Expression) -> Expression:
        """The producer, its value kept in the frame of its directive."""
        run = compiled.run

        def heard(scope: Scope) -> object:
            assert isinstance(scope, ListeningScope)
            frame = scope.frame
            frame.raw = run(scope)
            return frame.raw

        return replace(compiled, run=heard)

    def field(self, name: str, compiled: Expression, context: Context) -> Expression:
        """The field, leaving a frame. One that is missing is told of, and the others go on."""
        run, looks_in = compiled.run, compiled.looks_in
        target = f"{context.target}.{name}" if context.target else name

        def heard(scope: Scope) -> object:
            assert isinstance(scope, ListeningScope)
            frame = Frame(None, (), looks_in, compiled.keeps_empty, name)
            scope.frame.parts.append(frame)
            try:
                scope.record(frame, run)
            except Rejection as rejection:
                frame.is_missing = True
                missing = Missing(field=target, looked_in=looks_in, sentence=str(rejection))
                if missing not in scope.missing:
                    scope.missing.append(missing)
            return frame.value

        return replace(compiled, run=heard)


def _finder(document: object, context: Context, path: Path) -> Callable[[Scope], str]:
    """Where a path or a dictionary's name finds its value."""
    places = _places(document, context)
    if not places:
        return lambda scope: ""
    quiet = replace(context, listener=None)
    runs = [(place, compile_path(place, quiet, path).run) for place in places]

    def found(scope: Scope) -> str:
        return next((place for place, run in runs if not is_empty(run(scope))), places[0])

    return found


def _places(document: object, context: Context) -> tuple[str, ...]:
    source = document.get("from") if isinstance(document, Mapping) else document
    if not isinstance(source, str):
        return ()
    if source.startswith("$") or (context.in_each and source.startswith(".")):
        return (source,)
    known = (
        meaning(source, context.vendor, in_each=context.in_each) if isinstance(document, Mapping) else None
    )
    return known.places if known else ()
