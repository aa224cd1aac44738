"""An attempt as its reader may see it."""

from __future__ import annotations

from dataclasses import replace

from delivery.story import AttemptStory, story_of
from integrations.models import Attempt
from integrations.services.wording import shown_body, without_query


def attempt_story(attempt: Attempt, number: int, *, shows_personal_data: bool) -> AttemptStory:
    """An attempt for reading; its bodies and the address's query only for those who may see them."""
    story = story_of(attempt, number)
    return replace(
        story,
        url=story.url if shows_personal_data else without_query(story.url),
        request_body=shown_body(story.request_body, shows_personal_data),
        response_body=shown_body(story.response_body, shows_personal_data),
    )
