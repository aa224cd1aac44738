"""The questionnaire that connects a vendor without code: questions, answers, and the definition they make."""

from integrations.core.questionnaire.answers import Problem, read_answers
from integrations.core.questionnaire.definition import definition
from integrations.core.questionnaire.question import Column, Kind, Question
from integrations.core.questionnaire.questions import PARTS, QUESTIONS

__all__ = ["PARTS", "QUESTIONS", "Column", "Kind", "Problem", "Question", "definition", "read_answers"]
