"""The event types: each example is as its schema says, and each body is as the contract's table."""

import json
from datetime import UTC, datetime

import pytest
from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from webhooks.core.event_types import CHOSEN, EVENT_TYPES
from webhooks.core.payload import frozen_body, timestamp


def validator(event_type):
    schema = EVENT_TYPES[event_type].schema
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema, format_checker=FormatChecker())


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_its_example_is_as_its_schema_says(name):
    validator(name).validate(EVENT_TYPES[name].example)


@pytest.mark.parametrize("name", EVENT_TYPES)
def test_its_schema_refuses_what_lacks_a_member_or_has_another_type(name):
    example = EVENT_TYPES[name].example
    for member in example["data"]:
        data = {key: value for key, value in example["data"].items() if key != member}
        with pytest.raises(ValidationError):
            validator(name).validate({**example, "data": data})
        with pytest.raises(ValidationError):
            validator(name).validate({**example, "data": {**example["data"], member: None}})
    with pytest.raises(ValidationError):
        validator(name).validate({**example, "event_type": "other"})


def test_the_contracts_two_come_first_and_a_test_is_never_chosen():
    assert CHOSEN[:2] == ("file.config_saved", "file.deployed")
    assert "webhook.test" not in CHOSEN


def test_only_a_deployed_file_has_its_urls():
    saved, deployed = (list(EVENT_TYPES[name].data) for name in ("file.config_saved", "file.deployed"))

    assert set(deployed) - set(saved) == {"source_url", "cdn_url"}
    assert deployed == [
        "analytics_file_id",
        "org_id",
        "org_name",
        "pipeline_id",
        "pipeline_name",
        "writekey",
        "cluster_id",
        "cluster_name",
        "source_url",
        "cdn_url",
        "file_hosting_type",
        "user_email",
    ]


def test_a_body_is_compact_and_its_time_is_utc_to_the_second():
    at = datetime.fromisoformat("2026-03-18T12:30:00.75+02:00")

    body = frozen_body("file.deployed", {"b": 1, "a": "ü"}, at=at)

    assert (
        body
        == '{"event_type":"file.deployed","timestamp":"2026-03-18T10:30:00Z","data":{"b":1,"a":"ü"}}'.encode()
    )
    assert json.loads(body)["timestamp"] == timestamp(datetime(2026, 3, 18, 10, 30, tzinfo=UTC))
