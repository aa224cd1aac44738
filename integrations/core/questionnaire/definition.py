"""Makes the vendor definition that a questionnaire's answers describe: each answer sets a key of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from integrations.core.questionnaire.answers import Problem
from integrations.core.questionnaire.choices import IDENTIFIERS

Answers = Mapping[str, Any]
Document = dict[str, Any]

OPERATION = "event"
IDENTITY_ID = "vendor_id"
OPTED_OUT = {"in": ["$context.consent.gpc", [True, "true", 1, "1"]]}
MATCHES = {
    "user_id": "user_id",
    "anonymous_id": "anonymous_id",
    "email": "email",
    "phone": "phone",
    "ip": "ip",
    "user_agent": "user_agent",
    "advertising_id": "advertising_id",
    "vendor_id": f"provider.{IDENTITY_ID}",
}
NORMALISED = {"email": "email", "phone": "phone_e164"}
FORMS: Mapping[str, object] = {
    "text": "string",
    "number": "number",
    "integer": "integer",
    "decimal": "decimal_string",
    "minor_units": {"minor_units": {"from": "currency"}},
    "lower": ["string", "lower"],
    "upper": ["string", "upper"],
    "sha256": ["string", "sha256"],
    "md5": ["string", "md5"],
    "unix_s": "unix_s",
    "unix_ms": "unix_ms",
    "iso8601": "iso8601",
}
PRODUCT: Mapping[str, Document] = {
    "product_id": {"first": [".product_id", ".sku", ".id", ".item_id"], "as": "string"},
    "name": {"first": [".name", ".item_name"], "as": "string"},
    "price": {"from": ".price", "as": "decimal_string"},
    "quantity": {"from": ".quantity", "as": "integer", "default": 1},
    "category": {"first": [".category", ".item_category"], "as": "string"},
    "brand": {"first": [".brand", ".item_brand"], "as": "string"},
}
JSON_PRODUCT = {**PRODUCT, "price": {"from": ".price", "as": "number"}}


def definition(answers: Answers, *, slug: str, today: str) -> tuple[Document, list[Problem]]:
    """The document of the vendor, and what of the answers does not go together. `today` is its date, ISO."""
    operation = _operation(answers)
    document: Document = {
        "slug": slug,
        "name": answers["name"],
        "about": answers["about"],
        "docs": [{"title": "API documentation", "url": answers["docs_url"]}] if answers["docs_url"] else [],
        "verified_on": today,
        "consent": {"classification": answers["consent"]},
        "prerequisites": _prerequisites(answers),
        "client_side_functions_lost": answers["lost"],
        "questionnaire": _summary(answers),
        "sync": _sync(answers),
        "settings": _settings(answers),
        "click_ids": _click_ids(answers),
        "identity_syncs": _identity_syncs(answers),
        "operations": {OPERATION: operation},
        "events": [_rule(row, answers, operation["fields"]) for row in answers["events"]],
        "fallback": _fallback(answers),
        "test_mode": {"supported": answers["test"] != "none"},
        "examples": [],
    }
    return _without_empty(document), list(_contradictions(answers, operation["fields"]))


def _operation(answers: Answers) -> Document:
    is_get = answers["method"] == "GET"
    operation: Document = {"method": answers["method"], "url": _url(answers)}
    query: Document = {}
    if answers["test"] == "query":
        query[answers["test_name"]] = _only_in_tests(answers)
    if query:
        operation["query"] = query
    if auth := _auth(answers):
        operation["auth"] = auth
    operation["body"] = "none" if is_get else answers["body"]
    if not is_get and (answers["batch_size"] > 1 or answers["batch_field"]):
        operation["envelope"] = {answers["batch_field"]: "$elements"} if answers["batch_field"] else "array"
        operation["batch"] = {"max_count": answers["batch_size"]}
    if answers["rate_limit"]:
        operation["rate_limit"] = {"requests": answers["rate_limit"], "per_s": 1}
    if is_get:
        operation["limits"] = _limits(answers)
    operation["on_unknown_outcome"] = "retry" if answers["dedup_parameter"] else "hold"
    if answers["dedup_parameter"]:
        operation["deduplication"] = {"key": answers["dedup_parameter"]}
        if answers["dedup_window"]:
            operation["deduplication"]["window"] = answers["dedup_window"]
    operation["custom_parameters"] = answers["custom_parameters"]
    operation["fields"] = _fields(answers)
    if answers["needs_identifier"] == "yes":
        operation["any_of"] = [[row["parameter"] for row in answers["identifiers"]]]
    operation["responses"] = _responses(answers)
    return operation


def _url(answers: Answers) -> Any:
    if answers["test"] == "url":
        return [{"when": {"mode": "test"}, "url": answers["test_url"]}, {"url": answers["url"]}]
    return answers["url"]


def _only_in_tests(answers: Answers) -> Document:
    return {"constant": answers["test_value"], "when": {"mode": "test"}}


def _auth(answers: Answers) -> Document | None:
    match answers["auth"]:
        case "bearer":
            return {"bearer": "$settings.credential"}
        case "header":
            return {"header": answers["auth_name"], "value": "$settings.credential"}
        case "query":
            return {"query": answers["auth_name"], "value": "$settings.credential"}
        case "basic":
            return {"basic": {"user": "$settings.user", "password": "$settings.credential"}}
    return None


def _settings(answers: Answers) -> Document:
    settings: Document = {}
    if answers["auth"] == "basic":
        settings["user"] = {"type": "string", "label": "User", "required": True}
    if answers["auth"] != "none":
        label = "Password" if answers["auth"] == "basic" else "Key or token"
        settings["credential"] = {"type": "string", "label": label, "required": True, "secret": True}
    return settings


def _limits(answers: Answers) -> Document:
    limits: Document = {"url_length": answers["url_length"], "list_style": answers["list_style"]}
    if answers["parameter_length"]:
        limits["parameter_length"] = answers["parameter_length"]
    if answers["forbidden"]:
        limits["forbidden"] = {
            "characters": answers["forbidden"],
            "action": answers["escaping"],
            "replacement": "_",
        }
    return limits


def _fields(answers: Answers) -> Document:
    """The vendor's parameters in the order of the questionnaire, or of the alphabet."""
    fields: Document = {answers["event_parameter"]: "$event_name"}
    if answers["dedup_parameter"]:
        fields[answers["dedup_parameter"]] = {"from": answers["dedup_value"], "as": "string"}
    for row in answers["identifiers"]:
        fields[row["parameter"]] = _identifier(row, answers)
    for row in answers["parameters"]:
        fields[row["parameter"]] = _parameter(row)
    fields.update(_products(answers))
    if answers["opt_out_parameter"]:
        fields[answers["opt_out_parameter"]] = {"constant": answers["opt_out_value"], "when": OPTED_OUT}
    if answers["test"] == "field":
        fields[answers["test_name"]] = _only_in_tests(answers)
    if answers.get("order") == "alphabetical":
        return dict(sorted(fields.items()))
    return fields


def _identifier(row: Mapping[str, Any], answers: Answers) -> Document:
    name = row["identifier"]
    source = f"click_id.{answers['click_id_parameter']}" if name == "click_id" else MATCHES[name]
    hashed = row["form"] if row["form"] in ("sha256", "md5") else ""
    steps = [NORMALISED.get(name, "string"), *([hashed] if hashed else [])]
    if name == "advertising_id":
        steps[0] = "advertising_id"
    field: Document = {"from": source, "as": steps if len(steps) > 1 else steps[0], "if_bad": "drop"}
    if name == "email" and hashed:
        field = {"first": [{"from": f"email_{hashed}", "as": f"digest:{hashed}"}, field]}
    if row["required"]:
        field["required"] = True
    return field


def _parameter(row: Mapping[str, Any]) -> Document:
    field: Document = {"from": row["value"]}
    if row["form"]:
        field["as"] = FORMS[row["form"]]
    if row["required"]:
        field["required"] = True
    return field


def _products(answers: Answers) -> Document:
    """One list for each of the product's parameters, or one list of objects where the body can hold it."""
    rows = answers["products"]
    if not rows:
        return {}
    if key := answers.get("products_field"):
        item = {row["parameter"]: JSON_PRODUCT[row["value"]] for row in rows}
        return {key: {"each": "products", "item": item}}
    return {row["parameter"]: {"each": "products", "item": PRODUCT[row["value"]]} for row in rows}


def _rule(row: Mapping[str, Any], answers: Answers, fields: Document) -> Document:
    event = row["event"]
    own: Document = {answers["event_parameter"]: row["name"]}
    for name in required_parameters(row):
        if name in fields and name != answers["event_parameter"]:
            own[name] = _required(fields[name])
    when = {"type": ["page", "screen"]} if event == "page" else {"event": [event]}
    return {"rule": event, "when": when, "operation": OPERATION, "fields": own}


def required_parameters(row: Mapping[str, Any]) -> list[str]:
    return [name for name in re.split(r"[,\s]+", row["required"]) if name]


def _required(field: Any) -> Any:
    whole = field if isinstance(field, Mapping) else {"from": field}
    return {**whole, "required": True}


def _fallback(answers: Answers) -> Any:
    if answers["other_events"] == "drop":
        return "drop"
    return {"when": {"type": ["track", "custom"]}, "operation": OPERATION}


def _click_ids(answers: Answers) -> list[Document]:
    if not answers["click_id_parameter"]:
        return []
    name = answers["click_id_parameter"]
    return [{"parameter": name, "cookie": name, "lifetime_days": answers["click_id_days"]}]


def _identity_syncs(answers: Answers) -> list[Document]:
    match answers["identity"]:
        case "fetch":
            options: Document = {
                "url": answers["identity_url"],
                "http_method": answers["identity_method"],
                "credentials": answers["identity_credentials"] == "yes",
                "paths": {IDENTITY_ID: answers["identity_path"]},
            }
            return [_sync_of("fetch", options, answers)]
        case "cookie":
            return [_sync_of("cookie", {"name": answers["identity_cookie"]}, answers)]
    return []


def _sync_of(method: str, options: Document, answers: Answers) -> Document:
    days = answers["identity_days"]
    return {"id": IDENTITY_ID, "method": method, "lifetime_days": days, "options": options}


def _sync(answers: Answers) -> Document:
    needed = answers["identity"] != "none" or bool(answers["click_id_parameter"])
    why = "The id that events carry is found in the browser." if needed else "Events carry what they have."
    return {"needed": needed, "why": why}


def _responses(answers: Answers) -> list[Document]:
    taken: Document = {"status": _codes(answers["success_codes"]), "verdict": "delivered"}
    rules = [taken]
    if answers["success_field"]:
        taken["body"] = {"jmespath": _success(answers["success_field"])}
    if answers["retry_codes"]:
        rules.append({"status": _codes(answers["retry_codes"]), "verdict": "failed"})
    refused: Document = {"verdict": "rejected"}
    if answers["reason_field"]:
        refused["reason"] = _quoted(answers["reason_field"])
    rules.append({"status": ["2xx", "400", "404", "409", "422"], **refused})
    return rules


def _codes(text: str) -> list[str]:
    return [part.lower() for part in re.split(r"[,\s]+", text) if part]


def _success(text: str) -> str:
    """`status=ok` as a predicate of the body; a field alone must be there and not false."""
    path, _, value = text.partition("=")
    if not value:
        return _quoted(path.strip())
    literal = value.strip().strip("\"'")
    return f"to_string({_quoted(path.strip())}) == '{literal}'"


def _quoted(path: str) -> str:
    return ".".join(f'"{step}"' for step in path.split("."))


def _prerequisites(answers: Answers) -> list[str]:
    if answers["ip_allow_list"] == "yes":
        return ["The vendor must put the addresses that requests leave from on its allow list."]
    return []


def _summary(answers: Answers) -> Document:
    """The five rows of the questionnaire, in words."""
    labels = dict(IDENTIFIERS)
    identity = answers["identity_url"] if answers["identity"] == "fetch" else "none"
    if answers["identity"] == "cookie":
        identity = f"none; the cookie {answers['identity_cookie']}"
    tests = {
        "none": "no test mode",
        "query": f"query parameter {answers.get('test_name')}={answers.get('test_value')}",
        "field": f"field {answers.get('test_name')}: {answers.get('test_value')}",
        "url": f"test address {answers.get('test_url')}",
    }
    return {
        "identifiers": [labels[row["identifier"]] for row in answers["identifiers"]],
        "event_endpoint": f"{answers['method']} {answers['url']}",
        "identity_endpoint": identity,
        "consent_classification": answers["consent"],
        "validation_method": tests[answers["test"]],
    }


def _contradictions(answers: Answers, fields: Document) -> Any:
    """Answers that are well-formed and do not go together."""
    for index, row in enumerate(answers["identifiers"]):
        if row["identifier"] == "click_id" and not answers["click_id_parameter"]:
            sentence = "A click id is sent, so say in which URL parameter it arrives."
            yield Problem("click_id_parameter", sentence)
        if row["identifier"] == "vendor_id" and answers["identity"] == "none":
            sentence = "An id from the identity endpoint is sent, so say how the browser gets it."
            yield Problem("identity", sentence)
        if row["form"] in ("sha256", "md5") and row["identifier"] in ("ip", "user_agent"):
            yield Problem("identifiers", "IP addresses and user agents are sent raw only.", index, "form")
    for index, row in enumerate(answers["events"]):
        for name in required_parameters(row):
            if name not in fields:
                sentence = f"`{name}` is none of your parameters. Add it to the identifiers or parameters."
                yield Problem("events", sentence, index, "required")
    if answers.get("batch_size", 1) > 1 and answers.get("body") == "form":
        yield Problem("batch_size", "A form carries one event. Choose JSON, or one event in a request.")
    if answers.get("products_field") and answers.get("body") == "form":
        yield Problem(
            "products_field", "A form has no lists of objects. Leave this empty: each becomes a list."
        )
    names = [answers["event_parameter"], answers["dedup_parameter"], answers["opt_out_parameter"]]
    names += [row["parameter"] for key in ("identifiers", "parameters") for row in answers[key]]
    for name in dict.fromkeys(name for name in names if name and names.count(name) > 1):
        yield Problem("parameters", f"The parameter `{name}` is named twice. Give each its own name.")


def _without_empty(document: Document) -> Document:
    kept = ("docs", "examples", "events")
    return {key: value for key, value in document.items() if key in kept or value not in ({}, [], "")}
