"""The mapping language: a closed set of directives, compiled once to closures."""

from integrations.core.mapping.compiler import compile_expression, compile_object, condition, object_of
from integrations.core.mapping.context import Context, Shared
from integrations.core.mapping.errors import DefinitionError, Rejection, spell, suggestion
from integrations.core.mapping.scope import Condition, Expression, RequestFacts, Scope, is_empty
from integrations.core.mapping.templates import compile_template

__all__ = [
    "Condition",
    "Context",
    "DefinitionError",
    "Expression",
    "Rejection",
    "RequestFacts",
    "Scope",
    "Shared",
    "compile_expression",
    "compile_object",
    "compile_template",
    "condition",
    "is_empty",
    "object_of",
    "spell",
    "suggestion",
]
