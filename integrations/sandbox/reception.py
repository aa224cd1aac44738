"""Where every vendor request comes in: the fault it meets, the vendor's verdict, the history."""

from collections.abc import Callable
from dataclasses import replace
from threading import BoundedSemaphore

from .faults import Fault, Faults, InvalidFault, Mode, fault_in_query
from .history import History
from .verdict import Verdict, refuse
from .web import NO_ANSWER, Request, Response, json_response, text_response

HELD_AT_ONCE = 24  # fewer than the server's threads, so that pages and /control/reset always answer

Judge = Callable[[Request], Verdict]


class Reception:
    def __init__(self, history: History, faults: Faults) -> None:
        self._history = history
        self._faults = faults
        self._places = BoundedSemaphore(HELD_AT_ONCE)

    def serve(self, vendor: str, request: Request, judge: Judge) -> Response:
        try:
            fault = fault_in_query(vendor, request.query) or self._faults.take(vendor, request.path)
        except InvalidFault as error:
            return json_response({"errors": [{"message": str(error)}]}, 400)
        verdict = judge(request) if fault is None else self._fail(fault, request, judge)
        self._history.record(
            request,
            vendor=vendor,
            status=verdict.status,
            accepted=verdict.accepted,
            errors=verdict.errors,
            dry_run=verdict.dry_run,
            events=verdict.events,
            remark=verdict.remark,
            fault=str(fault or ""),
        )
        return verdict.response

    def _fail(self, fault: Fault, request: Request, judge: Judge) -> Verdict:
        match fault.mode:
            case Mode.STATUS:
                return _answer_status(fault)
            case Mode.SLOW:
                self._hold(fault.delay_ms)
                return judge(request)
            case Mode.DROP | Mode.HANG:
                verdict = _go_silent(fault, request, judge)
                self._hold(fault.hold_ms if fault.mode is Mode.HANG else 0)
                return verdict
            case Mode.PARTIAL:
                return _answer_partly(fault, judge(request))
            case Mode.MALFORMED:
                broken = Response(content_type="application/json", body=b'{"ok": tru')
                return replace(judge(request), response=broken)

    def _hold(self, milliseconds: int) -> None:
        """Wait, unless too many requests are waiting already."""
        if milliseconds and self._places.acquire(blocking=False):
            try:
                self._faults.hold(milliseconds)
            finally:
                self._places.release()


def _answer_status(fault: Fault) -> Verdict:
    headers = (("Retry-After", fault.retry_after),) if fault.retry_after else ()
    verdict = refuse(fault.status or 500, "The sandbox was told to fail", headers=headers)
    if fault.body is None:
        return verdict
    status = verdict.response.status
    is_text = isinstance(fault.body, str)
    answer = text_response(str(fault.body), status) if is_text else json_response(fault.body, status)
    return replace(verdict, response=answer.with_headers(*headers))


def _go_silent(fault: Fault, request: Request, judge: Judge) -> Verdict:
    if fault.processed:
        return replace(judge(request), response=NO_ANSWER)
    return Verdict(response=NO_ANSWER, accepted=False, errors=("The sandbox was told not to answer",))


def _answer_partly(fault: Fault, verdict: Verdict) -> Verdict:
    """Refuse the named elements of a batch that was right as a whole."""
    if not verdict.accepted:
        return verdict
    refused = [index for index in fault.indexes if index < verdict.events]
    errors = [{"index": index, "message": "The sandbox was told to refuse this element"} for index in refused]
    body = {"accepted": verdict.events - len(refused), "rejected": len(refused), "errors": errors}
    return replace(
        verdict,
        response=json_response(body if fault.body is None else fault.body, fault.status or 200),
        events=verdict.events - len(refused),
        errors=tuple(f"Element {error['index']}: {error['message']}" for error in errors),
    )
