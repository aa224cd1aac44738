"""Errors as RFC 9457 problems: what is wrong, a sentence that says what to do, and where in the request."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, ValidationError
from django.core.signals import got_request_exception
from django.db import DatabaseError, InterfaceError, OperationalError
from django.db.models import ProtectedError
from django.http import Http404, UnreadablePostError
from rest_framework import exceptions
from rest_framework.response import Response

from accounts.api.policy.parameters import BadParameter

log = logging.getLogger("django.request")

CONTENT_TYPE = "application/problem+json"
TITLES = {
    400: "The request is not right",
    401: "Not authenticated",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    406: "Not acceptable",
    409: "Conflict",
    412: "Changed in the meantime",
    413: "Too large",
    415: "Unsupported media type",
    422: "Idempotency-Key used before",
    429: "Too many requests",
    500: "Something went wrong here",
    503: "Not available",
}
GONE = "There is nothing here that you may see. Check the id, and the path: no slash ends it."
RACE = "Somebody else changed the same thing at this moment. Read it again, then repeat."
RACES = {"23505", "40P01", "40001"}  # unique violation, deadlock, serialization failure


class Conflict(exceptions.APIException):
    """The state of things does not allow it: say what to do first."""

    status_code = 409
    default_code = "conflict"


class Changed(exceptions.APIException):
    """If-Match names another state of the row than the one it is in."""

    status_code = 412
    default_code = "changed"
    default_detail = "It was changed after you read it. Read it again, then decide."


class TooLarge(exceptions.APIException):
    """The body is longer than INGEST_REQUEST_LIMIT."""

    status_code = 413
    default_code = "too_large"
    default_detail = "This body is too large."


class Broken(exceptions.APIException):
    """An exception that nobody expected. Its text stays here."""

    default_code = "internal_error"
    default_detail = (
        "This is a bug or an outage, and it is logged. Try again; if it stays, tell the operator."
    )


class Away(exceptions.APIException):
    """PostgreSQL is not there, or went away meanwhile."""

    status_code = 503
    default_code = "unavailable"
    default_detail = (
        "The database does not answer at this moment. Repeat the request in a few seconds; a write with the "
        "same Idempotency-Key is done once."
    )
    wait = 2


def handle(error: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's EXCEPTION_HANDLER: every exception of a view, as a problem."""
    known = _known(error)
    if isinstance(known, Broken | Away):
        request = context["request"]._request
        log.error("Exception in %s %s", request.method, request.path, exc_info=error)
        got_request_exception.send(sender=type(context["view"]), request=request)
    response = Response(
        problem(known, instance=context["request"].path),
        status=known.status_code,
        content_type=CONTENT_TYPE,
        headers=_headers(known),
    )
    response.exception = True
    return response


def problem(error: exceptions.APIException, *, instance: str) -> dict[str, Any]:
    """The document. `errors` is there when members or parameters are to blame."""
    status, errors = error.status_code, []
    if isinstance(error, exceptions.ValidationError):
        code = "invalid"
        errors = list(_places(error))
        detail = errors[0]["detail"] if len(errors) == 1 else _of_several(errors)
    else:
        code, detail = str(error.get_codes()), str(error.detail)
    return {
        "type": f"urn:s2sadmin:problem:{code}",
        "title": TITLES.get(status, "Refused"),
        "status": status,
        "detail": detail,
        "instance": instance,
        "code": code,
        "errors": errors,
    }


def _known(error: Exception) -> exceptions.APIException:
    """The exception as one that has a status."""
    match error:
        case exceptions.NotFound() | Http404():
            return exceptions.NotFound(GONE)
        case exceptions.NotAuthenticated():
            return _with_detail(error, "Send the header `Authorization: Bearer s2s_...` with an API token.")
        case exceptions.Throttled():
            return _with_detail(error, f"Too many requests in this minute: wait {error.wait} seconds.")
        case exceptions.UnsupportedMediaType():
            return _with_detail(error, "Send the body as application/json.")
        case exceptions.APIException():
            return error
        case ValidationError():
            return exceptions.ValidationError(_by_field(error))
        case PermissionDenied():
            return exceptions.PermissionDenied(str(error) or None)
        case ProtectedError():
            return Conflict("Others still need it. Remove or change those first.")
        case RequestDataTooBig():
            return TooLarge()
        case UnreadablePostError():
            return exceptions.ParseError("The body did not arrive whole.")
        case DatabaseError() if getattr(error.__cause__, "sqlstate", None) in RACES:
            return Conflict(RACE)
        case OperationalError() | InterfaceError():
            return Away()
    return Broken()


def _with_detail(error: exceptions.APIException, sentence: str) -> exceptions.APIException:
    error.detail = exceptions.ErrorDetail(sentence, error.default_code)
    return error


def _of_several(errors: list[dict[str, str]]) -> str:
    where = [one.get("parameter") or one.get("pointer", "").removeprefix("#/") or "body" for one in errors]
    return f"{len(errors)} things are not right ({', '.join(dict.fromkeys(where))}): see errors."


def _by_field(error: ValidationError) -> dict[str, list[exceptions.ErrorDetail]]:
    """A service's refusal as a serializer's; what concerns no field stands under the empty name."""
    by_name = error.error_dict if hasattr(error, "error_dict") else {"": error.error_list}
    fields: dict[str, list[exceptions.ErrorDetail]] = {}
    for name, told in by_name.items():
        for one in told:
            place, sentences = _taken(one) or ("" if name == "__all__" else name, one.messages)
            details = (exceptions.ErrorDetail(sentence, one.code or "invalid") for sentence in sentences)
            fields.setdefault(place, []).extend(details)
    return fields


def _taken(error: ValidationError) -> tuple[str, list[str]] | None:
    """A name that another row of the same parent has: the field to change, and what to do."""
    if error.code != "unique_together":
        return None
    field = error.params["unique_check"][-1]
    return field, [f"Another one has this {field}: choose a different one."]


def _places(error: exceptions.ValidationError) -> Iterator[dict[str, str]]:
    for path, detail in _leaves(error.detail, ()):
        place = (
            {"parameter": str(path[0]) if path else ""}
            if isinstance(error, BadParameter)
            else {"pointer": "#" + "".join(f"/{_escaped(part)}" for part in path)}
        )
        yield {**place, "detail": str(detail), "code": detail.code}


def _leaves(detail: Any, path: tuple[Any, ...]) -> Iterator[tuple[tuple[Any, ...], exceptions.ErrorDetail]]:
    if isinstance(detail, Mapping):
        for name, part in detail.items():
            yield from _leaves(part, path if name in ("", "non_field_errors") else (*path, name))
    elif isinstance(detail, list):
        for number, part in enumerate(detail):
            yield from _leaves(part, (*path, number) if isinstance(part, Mapping | list) else path)
    else:
        yield path, detail


def _escaped(part: Any) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def _headers(error: exceptions.APIException) -> dict[str, str]:
    headers = {}
    if getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = error.auth_header
    if getattr(error, "wait", None):
        headers["Retry-After"] = str(int(error.wait))
    return headers
