"""Reads what was filled in: typed answers, or a sentence for each that can't be used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from integrations.core.questionnaire.question import Column, Kind, Question
from integrations.core.questionnaire.questions import QUESTIONS

LONGEST_TEXT = 500
MOST_ROWS = 100
HOST = re.compile(r"[a-z0-9-]+(\.[a-z0-9-]+)+", re.IGNORECASE)

Answers = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one answer. `row` counts from 0 where the question is answered in rows."""

    key: str
    sentence: str
    row: int | None = None
    column: str = ""


def read_answers(raw: Mapping[str, object]) -> tuple[dict[str, object], list[Problem]]:
    """Answers by question, with defaults for what was left empty; those not asked for are left out."""
    answers: dict[str, object] = {}
    problems = [
        Problem(key, "There is no such question.") for key in raw if key not in {one.key for one in QUESTIONS}
    ]
    for question in QUESTIONS:
        if not _is_asked(question, answers):
            continue
        answer, found = _read(question, raw.get(question.key))
        problems += found
        answers[question.key] = answer
    return answers, problems


def _is_asked(question: Question, answers: Answers) -> bool:
    return question.asked_if is None or answers.get(question.asked_if[0]) in question.asked_if[1]


def _read(question: Question, given: object) -> tuple[object, list[Problem]]:
    if given is None or given == "" or given == []:
        if question.required and question.default is None:
            return None, [Problem(question.key, "An answer is needed.")]
        return question.default if question.default is not None else _nothing(question.kind), []
    if question.kind is Kind.ROWS:
        return _rows(question, given)
    answer, sentence = _value(question, given)
    return answer, [Problem(question.key, sentence)] if sentence else []


def _nothing(kind: Kind) -> object:
    return {Kind.ROWS: [], Kind.CHOICES: [], Kind.NUMBER: None, Kind.FLAG: False}.get(kind, "")


def _rows(question: Question, given: object) -> tuple[object, list[Problem]]:
    if not isinstance(given, list) or not all(isinstance(row, Mapping) for row in given):
        return [], [Problem(question.key, "Give a list of rows.")]
    if len(given) > MOST_ROWS:
        return [], [Problem(question.key, f"At most {MOST_ROWS} rows are taken.")]
    rows: list[dict[str, object]] = []
    problems: list[Problem] = []
    for index, row in enumerate(given):
        read: dict[str, object] = {}
        for column in question.columns:
            value = row.get(column.key)
            sentence = ""
            if value is None or value == "":
                sentence = "Fill this in, or leave the whole row empty." if column.required else ""
                read[column.key] = _nothing(column.kind)
            else:
                read[column.key], sentence = _value(column, value)
            if sentence:
                problems.append(Problem(question.key, sentence, index, column.key))
        rows.append(read)
    return rows, problems


def _value(asked: Question | Column, given: object) -> tuple[object, str]:
    """The typed value, and what is wrong with it."""
    match asked.kind:
        case Kind.CHOICE:
            known = [value for value, _ in asked.choices]
            return given, "" if given in known else f"Choose one of {', '.join(filter(None, known))}."
        case Kind.CHOICES:
            known = [value for value, _ in asked.choices]
            chosen = given if isinstance(given, list) else [given]
            wrong = [str(one) for one in chosen if one not in known]
            return chosen, f"{', '.join(wrong)} is none of the choices." if wrong else ""
        case Kind.FLAG:
            return given in (True, "on", "true", "yes"), ""
        case Kind.NUMBER:
            return _number(asked, given)
        case Kind.URL:
            return str(given).strip(), _url_problem(str(given).strip())
        case _:
            text = str(given).strip()
            return text, "" if len(text) <= LONGEST_TEXT else f"At most {LONGEST_TEXT} characters are taken."


def _number(asked: Question | Column, given: object) -> tuple[object, str]:
    try:
        number = int(str(given))
    except ValueError:
        return None, "Give a whole number."
    least, most = getattr(asked, "least", None), getattr(asked, "most", None)
    if (least is not None and number < least) or (most is not None and number > most):
        return None, f"Give a number from {least:,} to {most:,}."
    return number, ""


def _url_problem(text: str) -> str:
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return "This is no address. Give one such as https://events.example.com/collect."
    if parts.scheme != "https":
        return "The address must begin with https://."
    if not HOST.fullmatch(host):
        return "The address needs a host name, such as https://events.example.com/collect."
    if parts.username or parts.password or parts.fragment:
        return "Leave user, password and fragment out of the address; credentials are asked for separately."
    return ""
