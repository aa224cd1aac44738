"""What a vendor decided about one request: its answer, and what goes into the history beside it."""

from collections.abc import Sequence
from dataclasses import dataclass

from .web import NO_ANSWER, Response, json_response


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One thing wrong with a request: the field, what is wrong, and which element of a batch it is in."""

    field: str
    message: str
    index: int | None = None

    def __str__(self) -> str:
        place = "" if self.index is None else f"Element {self.index}: "
        return f"{place}{self.field} {self.message}"

    def as_json(self) -> dict[str, object]:
        place = {} if self.index is None else {"index": self.index}
        return place | {"field": self.field, "message": self.message}


@dataclass(frozen=True, kw_only=True)
class Verdict:
    response: Response
    accepted: bool
    errors: tuple[str, ...] = ()
    dry_run: bool = False
    events: int = 0
    remark: str = ""

    @property
    def status(self) -> int | None:
        return None if self.response is NO_ANSWER else self.response.status


def accept(response: Response, *, events: int = 1, dry_run: bool = False, remark: str = "") -> Verdict:
    return Verdict(response=response, accepted=True, events=events, dry_run=dry_run, remark=remark)


def refuse(
    status: int, reason: str, *, field: str | None = None, headers: tuple[tuple[str, str], ...] = ()
) -> Verdict:
    """Refuse the whole request for one reason."""
    error = {"message": reason} if field is None else {"field": field, "message": reason}
    answer = json_response({"errors": [error]}, status).with_headers(*headers)
    return Verdict(
        response=answer, accepted=False, errors=(reason if field is None else f"{field} {reason}",)
    )


def refuse_fields(problems: Sequence[Problem], *, dry_run: bool = False) -> Verdict:
    """Refuse with 400 and every problem named."""
    answer = json_response({"errors": [problem.as_json() for problem in problems]}, 400)
    return Verdict(response=answer, accepted=False, errors=tuple(map(str, problems)), dry_run=dry_run)
