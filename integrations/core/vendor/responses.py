"""Response rules: what an answer means for each event, by status and body, in the vendor's declared order."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from delivery.core.outcome import Judgement, Verdict, judge
from delivery.core.response import BODY_LIMIT, Response
from delivery.core.retry import retry_after_seconds
from integrations.core.mapping import DefinitionError
from integrations.core.mapping.errors import Path
from integrations.core.vendor.answer import (
    NO_WORDS,
    Answer,
    BodyTest,
    Words,
    compile_body_test,
    compile_words,
    read_answer,
)
from integrations.core.vendor.partial import (
    Arrays,
    Exceptions,
    Fate,
    Told,
    compile_exceptions,
    read_fates,
    said,
)
from integrations.core.vendor.waits import Wait, compile_wait

SAMPLE_MEMBERS = 10  # of the request that a sample answers
LONG_ANSWER = 1_000_000  # bytes of an answer that are read where it speaks of every event


class Ruling(StrEnum):
    """What a rule says of a request's events, or of those that its lists do not name."""

    DELIVERED = "delivered"
    REJECTED = "rejected"
    FAILED = "failed"
    THROTTLED = "throttled"
    AGAIN = "again"  # not taken, because of the ones that the lists name: sent again without them
    SPLIT = "split"  # refused as a whole for one of them: sent again in halves


@dataclass(frozen=True, kw_only=True, slots=True)
class ResponseRule:
    """One rule: it holds when the status is in a range, the body fits, and its lists name somebody."""

    statuses: tuple[range, ...]
    ruling: Ruling
    body: BodyTest
    exceptions: tuple[Exceptions, ...] = ()
    reason: Words = NO_WORDS
    sentence: str = ""
    receipt: Words = NO_WORDS
    wait: Wait | None = None
    sample: Response | None = None  # an answer of the vendor that this rule is for


def compile_rules(
    documents: Sequence[Mapping[str, Any]], path: Path, *, reads_back: bool = False
) -> tuple[ResponseRule, ...]:
    """The rules; where an answer only tells what had arrived, `again` means that nothing had."""
    rules = tuple(
        _rule(document, (*path, index), reads_back=reads_back) for index, document in enumerate(documents)
    )
    for index, rule in enumerate(rules):
        if rule.sample is not None:
            _check_sample(rules, rule, (*path, index, "sample"))
    return rules


def sample_of(rules: Sequence[ResponseRule]) -> Response | None:
    """How the vendor answers when it takes everything, as far as the file says."""
    samples = (rule.sample for rule in rules if rule.ruling is Ruling.DELIVERED and not rule.exceptions)
    return next((sample for sample in samples if sample is not None), None)


def answer_limit(rules: Sequence[ResponseRule]) -> int:
    """How much of an answer must be read to judge it."""
    return LONG_ANSWER if any(rule.exceptions for rule in rules) else BODY_LIMIT


def judge_response(
    rules: Sequence[ResponseRule],
    response: Response,
    vendor: str,
    *,
    members: int,
    now: datetime,
    arrays: Arrays | None = None,
) -> list[Judgement]:
    """One judgement a member by the first rule that holds; without one, by the status alone."""
    retry_after_s = retry_after_seconds(response.header("Retry-After"), now=now)
    default = judge(response, retry_after_s=retry_after_s)
    if response.status is None or not rules:
        return [default] * members
    answer = read_answer(response)
    held = _first_that_holds(rules, answer, arrays if arrays is not None else {"": range(members)})
    if held is None:
        return [default] * members
    rule, told = held
    return _judgements(rule, told, answer, vendor, members, now, default)


def _first_that_holds(
    rules: Sequence[ResponseRule], answer: Answer, arrays: Arrays
) -> tuple[ResponseRule, Told] | None:
    for rule in rules:
        if _fits(rule, answer):
            told = read_fates(rule.exceptions, answer, arrays)
            if _is_sure(rule, told, answer):
                return rule, told
    return None


def _check_sample(rules: Sequence[ResponseRule], rule: ResponseRule, path: Path) -> None:
    assert rule.sample is not None
    held = _first_that_holds(rules, read_answer(rule.sample), {"": range(SAMPLE_MEMBERS)})
    if held is None or held[0] is not rule:
        found = "an earlier rule takes it" if held else "the rule does not hold for it"
        raise DefinitionError(path, f"{found}; correct the sample, or the rules and their order")


def _rule(document: Mapping[str, Any], path: Path, *, reads_back: bool) -> ResponseRule:
    statuses = document.get("status", "1xx-5xx")
    rule = ResponseRule(
        statuses=tuple(_range(status) for status in (statuses if isinstance(statuses, list) else [statuses])),
        ruling=Ruling(document["verdict"]),
        body=compile_body_test(document.get("body", {}), (*path, "body")),
        exceptions=compile_exceptions(document.get("except", ()), (*path, "except")),
        reason=compile_words(document.get("reason"), (*path, "reason")),
        sentence=document.get("sentence", ""),
        receipt=compile_words(document.get("receipt"), (*path, "receipt")),
        wait=compile_wait(document["retry_after"], (*path, "retry_after"))
        if "retry_after" in document
        else None,
        sample=_sample(document),
    )
    if rule.ruling is Ruling.AGAIN and not rule.exceptions and not reads_back:
        raise DefinitionError(
            (*path, "verdict"),
            "`again` is for the events that `except` does not name; without it write `failed`",
        )
    return rule


def _sample(document: Mapping[str, Any]) -> Response | None:
    """The answer, as text or as JSON, with the rule's first status."""
    if "sample" not in document:
        return None
    sample, status = document["sample"], document.get("status", 200)
    text = sample if isinstance(sample, str) else json.dumps(sample)
    first = _range(status[0] if isinstance(status, list) else status)
    return Response(status=first[0], body=text.encode())


def _range(status: int | str) -> range:
    """200, "2xx" or "500-599"."""
    if isinstance(status, int):
        return range(status, status + 1)
    first, _, last = status.partition("-")
    return range(int(first.replace("x", "0")), int((last or first).replace("x", "9")) + 1)


def _fits(rule: ResponseRule, answer: Answer) -> bool:
    return any(answer.status in statuses for statuses in rule.statuses) and rule.body.holds(answer)


def _is_sure(rule: ResponseRule, told: Told, answer: Answer) -> bool:
    """Whether the lists say enough. Refusals that name nobody leave open who was refused.

    A success may name none; an answer of another kind, or a rule by which the rest is sent again, must.
    """
    if not rule.exceptions or told.fates:
        return True
    is_success = 200 <= answer.status < 300
    return is_success and rule.ruling is not Ruling.AGAIN and not told.unplaced


def _judgements(
    rule: ResponseRule,
    told: Told,
    answer: Answer,
    vendor: str,
    members: int,
    now: datetime,
    default: Judgement,
) -> list[Judgement]:
    wait_s = rule.wait.seconds(answer, now=now) if rule.wait else None
    retry_after_s = wait_s if wait_s is not None else default.retry_after_s
    rest = _rest(rule, answer, vendor, members, default, retry_after_s)
    return [
        _told(told.fates[member], answer, vendor, retry_after_s) if member in told.fates else rest
        for member in range(members)
    ]


def _rest(
    rule: ResponseRule,
    answer: Answer,
    vendor: str,
    members: int,
    default: Judgement,
    retry_after_s: float | None,
) -> Judgement:
    """The judgement of those that no list names."""
    if rule.ruling is Ruling.DELIVERED:
        receipt = rule.receipt.said(answer, answer.document)
        return Judgement(
            verdict=Verdict.DELIVERED, reason=f"Receipt of {vendor}: {receipt}." if receipt else ""
        )
    if rule.ruling is Ruling.AGAIN:
        reason = f"{vendor} answered {answer.status} and took none, because of others in the same request."
        return Judgement(verdict=Verdict.AGAIN, reason=f"{reason} Sent again without them.")
    reason = _reason(rule, answer, vendor, default.reason)
    if rule.ruling is Ruling.SPLIT and members > 1:
        halves = f"It may mean one other of the {members} in the request: sent again in halves."
        return Judgement(verdict=Verdict.AGAIN, reason=f"{reason} {halves}", most_together=(members + 1) // 2)
    verdict = Verdict.REJECTED if rule.ruling is Ruling.SPLIT else Verdict(rule.ruling)
    return Judgement(verdict=verdict, reason=reason, retry_after_s=retry_after_s)


def _told(fate: Fate, answer: Answer, vendor: str, retry_after_s: float | None) -> Judgement:
    """The judgement of one that is named."""
    words = said(fate)
    if fate.verdict is Verdict.DELIVERED:
        return Judgement(
            verdict=fate.verdict, reason=f"{vendor} took it and remarks: {words}" if words else ""
        )
    reason = f"{vendor} answered {answer.status} and named this event: {words or 'no reason was given.'}"
    return Judgement(verdict=fate.verdict, reason=reason, retry_after_s=retry_after_s)


def _reason(rule: ResponseRule, answer: Answer, vendor: str, default: str) -> str:
    if words := rule.reason.said(answer, answer.document) or rule.sentence:
        return f"{vendor} answered {answer.status}: {words}"
    return (
        default or f"{vendor} answered {answer.status}, but its body does not say that the event was taken."
    )
