"""The questionnaire as a form: posted values as answers, answers as fields with what is wrong beside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict

from integrations.core.questionnaire import PARTS, QUESTIONS, Column, Kind, Problem, Question

EMPTY_ROWS = 3
MOST_ROWS = 100


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One input: its name, what stands in it and what is wrong with that."""

    name: str
    asked: Question | Column
    value: Any
    sentences: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Field:
    """One question with its input, or with its rows of inputs."""

    question: Question
    cell: Cell
    rows: tuple[tuple[Cell, ...], ...] = ()

    @property
    def asked_if(self) -> str:
        return self.question.asked_if[0] if self.question.asked_if else ""

    @property
    def asked_values(self) -> str:
        return " ".join(map(str, self.question.asked_if[1])) if self.question.asked_if else ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Part:
    """One heading of the questionnaire."""

    title: str
    fields: tuple[Field, ...]


def posted_answers(data: QueryDict) -> dict[str, Any]:
    """What a form holds, as raw answers; rows that are empty are left out."""
    return {question.key: _posted(question, data) for question in QUESTIONS}


def parts(answers: Mapping[str, Any], problems: Sequence[Problem] = ()) -> list[Part]:
    """The form of these answers."""
    fields = [_field(question, answers.get(question.key), problems) for question in QUESTIONS]
    return [
        Part(title=title, fields=tuple(field for field in fields if field.question.part == part))
        for part, title in PARTS.items()
    ]


def _posted(question: Question, data: QueryDict) -> Any:
    if question.kind is Kind.CHOICES:
        return data.getlist(question.key)
    if question.kind is not Kind.ROWS:
        return data.get(question.key, "").strip()
    rows = [
        {
            column.key: data.get(f"{question.key}-{index}-{column.key}", "").strip()
            for column in question.columns
        }
        for index in range(MOST_ROWS)
        if f"{question.key}-{index}-{question.columns[0].key}" in data
    ]
    return [row for row in rows if not _is_left_empty(question, row)]


def _is_left_empty(question: Question, row: Mapping[str, str]) -> bool:
    """Nothing was filled in. A choice that needs none stands on its first value by itself."""
    stands_by_itself = {one.key for one in question.columns if one.kind is Kind.CHOICE and not one.required}
    return not any(value for key, value in row.items() if key not in stands_by_itself)


def _field(question: Question, answer: Any, problems: Sequence[Problem]) -> Field:
    own = [problem for problem in problems if problem.key == question.key]
    whole = tuple(problem.sentence for problem in own if problem.row is None)
    value = question.default if answer in (None, "") and question.kind is not Kind.ROWS else answer
    cell = Cell(name=question.key, asked=question, value=value, sentences=whole)
    if question.kind is not Kind.ROWS:
        return Field(question=question, cell=cell)
    given = answer if isinstance(answer, list) else []
    rows = [*given[:MOST_ROWS], *({} for _ in range(EMPTY_ROWS))]
    return Field(
        question=question,
        cell=cell,
        rows=tuple(_row(question, index, row, own) for index, row in enumerate(rows)),
    )


def _row(question: Question, index: int, row: Any, problems: Sequence[Problem]) -> tuple[Cell, ...]:
    known = row if isinstance(row, Mapping) else {}
    return tuple(
        Cell(
            name=f"{question.key}-{index}-{column.key}",
            asked=column,
            value=known.get(column.key, ""),
            sentences=tuple(
                problem.sentence
                for problem in problems
                if (problem.row, problem.column) == (index, column.key)
            ),
        )
        for column in question.columns
    )
