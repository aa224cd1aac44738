"""Every question that a vendor's team is asked (seed 000: the five rows, GET, identity endpoint)."""

from __future__ import annotations

from collections.abc import Mapping

from integrations.core.questionnaire.endpoint_questions import ENDPOINT_QUESTIONS
from integrations.core.questionnaire.event_questions import EVENT_QUESTIONS
from integrations.core.questionnaire.question import Question

PARTS: Mapping[str, str] = {
    "vendor": "The vendor",
    "endpoint": "Event ingestion endpoint",
    "limits": "Constraints of a GET request",
    "auth": "Authentication and security",
    "identifiers": "Identifiers",
    "events": "Events and parameters",
    "identity": "Identity endpoint for the Sync Injector",
    "consent": "Consent and privacy classification",
    "validation": "Validation, answers and deduplication",
    "lost": "What server-to-server delivery can't do",
}
QUESTIONS: tuple[Question, ...] = (*ENDPOINT_QUESTIONS, *EVENT_QUESTIONS)
