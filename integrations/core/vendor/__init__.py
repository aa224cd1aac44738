"""Vendors declared as data: a document in, a compiled vendor out."""

from integrations.core.mapping.errors import DefinitionError
from integrations.core.skips import SkipReason
from integrations.core.vendor.compile import compile_vendor
from integrations.core.vendor.definition import ClickId, IdentitySync, Setting, UnknownOutcome
from integrations.core.vendor.operation import Operation
from integrations.core.vendor.results import (
    BatchRequest,
    Element,
    Mode,
    Planned,
    Refused,
    Rejected,
    RejectReason,
    Skipped,
)
from integrations.core.vendor.settings import SettingProblem
from integrations.core.vendor.vendor import Vendor

__all__ = [
    "BatchRequest",
    "ClickId",
    "DefinitionError",
    "Element",
    "IdentitySync",
    "Mode",
    "Operation",
    "Planned",
    "Refused",
    "RejectReason",
    "Rejected",
    "Setting",
    "SettingProblem",
    "SkipReason",
    "Skipped",
    "UnknownOutcome",
    "Vendor",
    "compile_vendor",
]
