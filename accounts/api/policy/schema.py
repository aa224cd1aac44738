"""The OpenAPI document: what drf-spectacular can't read from the views by itself."""

from __future__ import annotations

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

PROBLEM = {
    "type": "object",
    "description": "An error (RFC 9457).",
    "required": ["type", "title", "status", "detail", "instance", "code", "errors"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What is wrong, and what to do."},
        "instance": {"type": "string", "description": "The path that was asked for."},
        "code": {"type": "string", "description": "For programs; a part of `type`."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["detail", "code"],
                "properties": {
                    "pointer": {"type": "string", "description": "Where in the body, like `#/name`."},
                    "parameter": {"type": "string", "description": "Which query parameter."},
                    "detail": {"type": "string"},
                    "code": {"type": "string"},
                },
            },
        },
    },
}
ANSWERS = {
    "400": "The request is not right: see `errors`.",
    "401": "No token, or one that is not valid.",
    "403": "The permission is missing.",
    "404": "There is nothing here that you may see.",
    "406": "Answers are JSON.",
    "409": "The state of things does not allow it.",
    "412": "`If-Match` names another state.",
    "413": "The body is too large.",
    "415": "Bodies are JSON.",
    "422": "The `Idempotency-Key` was used for another request.",
    "429": "Too many requests in this minute: wait for `Retry-After` seconds.",
    "500": "A bug or an outage.",
}
SUMMARIES = {
    "list": "list",
    "retrieve": "read one",
    "create": "create",
    "partial_update": "change",
    "destroy": "remove",
    "me": "who the token is",
    "permissions": "the matrix",
    "hourly": "counts by hour",
}
OF_READS = ("400", "401", "403", "404", "406", "429", "500")
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    OpenApiParameter.HEADER,
    description="Anything that names this write. Repeated within 24 hours, it gives the first answer again.",
)
IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The `ETag` of the state that you have seen; 412 when it is another one now.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The `ETag` that you have; 304 when nothing has changed.",
)
ETAG = OpenApiParameter(
    "ETag",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The state of the representation.",
    response=[200, 201],
)


class ApiSchema(AutoSchema):
    """Adds the permission, the headers of writes and entity tags to each operation."""

    def get_description(self) -> str:
        needed = self.view.permission_needed() if hasattr(self.view, "permission_needed") else ""
        told = f"Permission: `{needed}`." if needed else ""
        return "\n\n".join(part for part in (super().get_description(), told) if part)

    def get_summary(self) -> str:
        """A few words beside the path: the verb, or what a view of its own is called."""
        action = getattr(self.view, "action", None) or self.path.rsplit("/", 1)[-1]
        verb = getattr(self.view, "verbs", {}).get(action) or SUMMARIES.get(action, action)
        return str(verb).replace("_", " ").replace("-", " ").capitalize()

    def get_override_parameters(self) -> list[Any]:
        detail = bool(getattr(self.view, "detail", False))
        if self.method == "GET":
            is_tagged = getattr(self.view, "action", "") == "retrieve" and self.view.tagged
            return [IF_NONE_MATCH, ETAG] if is_tagged else []
        return [
            IDEMPOTENCY_KEY,
            *([IF_MATCH] if detail else []),
            *([ETAG] if self.method != "DELETE" else []),
        ]

    def get_tags(self) -> list[str]:
        """The first word of the path under /api/v1/."""
        return [self.path.removeprefix("/api/v1/").split("/")[0].replace("-", " ")]


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = "accounts.api.policy.authentication.BearerToken"
    name = "bearer"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "s2s_<prefix>_<secret>"}


class SessionScheme(OpenApiAuthenticationExtension):
    """The docs page's way in; programs use tokens, so it is left out."""

    target_class = "accounts.api.policy.authentication.SignedIn"
    name: tuple[str, ...] = ()

    def get_security_requirement(self, auto_schema: AutoSchema) -> None:
        return None

    def get_security_definition(self, auto_schema: AutoSchema) -> list[Any]:
        return []


def complete(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Told once for all: the problem answers, and that unknown members and empty parameters are refused."""
    components = result.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    components["responses"] = {
        f"Problem{status}": {"description": text, "content": content} for status, text in ANSWERS.items()
    }
    for name, schema in components["schemas"].items():
        if name.endswith("Request"):
            schema["additionalProperties"] = False
    for methods in result["paths"].values():
        for method, operation in methods.items():
            for one in operation.get("parameters", ()):
                if one["in"] == "query" and one["schema"].get("type") == "string":
                    one["schema"].setdefault("minLength", 1)
            for status in OF_READS if method == "get" else ANSWERS:
                operation["responses"].setdefault(status, {"$ref": f"#/components/responses/Problem{status}"})
            if any(one["name"] == "If-None-Match" for one in operation.get("parameters", ())):
                operation["responses"]["304"] = {"description": "Nothing has changed."}
    return result
