"""Whether what a process remembers is still true, by the stamp that stands in Valkey for every process."""

from __future__ import annotations

from enum import Enum, auto


class Verdict(Enum):
    """What to do with what is remembered."""

    USE = auto()
    USE_AND_READ_BEHIND = auto()  # true as far as anybody knows; read again without making the client wait
    READ = auto()


class NoStamp(Enum):
    """Why there is no stamp to compare with."""

    ABSENT = auto()  # nobody has set one: unknown names, or Valkey was emptied
    CHANGING = auto()  # somebody is about to commit a change: remember nothing
    SILENT = auto()  # Valkey does not answer


Stamp = str | NoStamp

STAMPED_S = 30.0  # read again behind the client's back: a stamp may have been lost
UNKNOWN_S = 10.0  # a name that does not exist
SILENT_S = 1.0  # without Valkey


def judge(remembered: Stamp, age_s: float, *, exists: bool, now: Stamp) -> Verdict:
    """`remembered` is the stamp that was read before the value was; `now` the one that was read just now."""
    match now:
        case NoStamp.CHANGING:
            return Verdict.READ
        case NoStamp.SILENT:
            return Verdict.USE if age_s < SILENT_S else Verdict.READ
        case NoStamp.ABSENT:
            is_still_unknown = not exists and remembered is NoStamp.ABSENT and age_s < UNKNOWN_S
            return Verdict.USE if is_still_unknown else Verdict.READ
    if remembered != now:
        return Verdict.READ
    return Verdict.USE if age_s < STAMPED_S else Verdict.USE_AND_READ_BEHIND
