"""Why a transfer failed, in a sentence that says what to do."""

from __future__ import annotations

import pycurl

from delivery.core.response import Failure
from delivery.http.exchange import Exchange
from delivery.http.handle import Handle
from delivery.http.headers import HEADER_BYTES_LIMIT

_TLS_ERRORS = frozenset(
    {
        pycurl.E_SSL_CONNECT_ERROR,
        pycurl.E_PEER_FAILED_VERIFICATION,
        pycurl.E_SSL_CACERT_BADFILE,
        pycurl.E_SSL_CERTPROBLEM,
        pycurl.E_SSL_CIPHER,
        pycurl.E_SSL_INVALIDCERTSTATUS,
        pycurl.E_SSL_ISSUER_ERROR,
        pycurl.E_USE_SSL_FAILED,
    }
)
_ADVICE = "A server of your own should answer first and do the work afterwards."
_BROKEN_OFF = frozenset(
    {pycurl.E_GOT_NOTHING, pycurl.E_SEND_ERROR, pycurl.E_RECV_ERROR, pycurl.E_PARTIAL_FILE}
)


def explain(handle: Handle, exchange: Exchange, code: int, message: str) -> tuple[Failure, str]:
    """The failure behind a code and message of libcurl, and its sentence."""
    peer = exchange.peer
    if handle.refusal is not None:
        return Failure.ADDRESS_REFUSED, handle.refusal
    if handle.stopped and handle.has_left():
        unknown = "Whether the request was carried out is not known. Check the server's log."
        return Failure.RESET, f"{peer} closed the connection without an answer. {unknown}"
    if code == pycurl.E_OPERATION_TIMEDOUT:
        return Failure.TIMEOUT, _explain_timeout(handle, exchange)
    if code == pycurl.E_COULDNT_CONNECT:
        return Failure.CONNECT, f"Could not connect to {peer}. Check that the server runs and lets us in."
    if code in _TLS_ERRORS:
        advice = "Check the certificate: its name, its dates and that the chain is complete."
        return Failure.TLS, f"No secure connection to {peer}: {message}. {advice}"
    if not handle.has_left():
        return Failure.PROTOCOL, f"The request to {peer} could not be sent: {message}. Check its size."
    if handle.head_room < 0:
        advice = f"Send less than {HEADER_BYTES_LIMIT} bytes of them."
        return Failure.PROTOCOL, f"The answer of {peer} has too many headers. {advice}"
    if code in _BROKEN_OFF and not _is_malformed(message):
        status = int(handle.curl.getinfo(pycurl.RESPONSE_CODE))
        after = f" after status {status}" if status else ""
        advice = "Check the server's log for a crash or a limit."
        return Failure.RESET, f"{peer} broke off the connection{after}, its answer incomplete. {advice}"
    return Failure.PROTOCOL, f"The answer of {peer} is not valid HTTP: {message}. Check the server."


def _explain_timeout(handle: Handle, exchange: Exchange) -> str:
    getinfo = handle.curl.getinfo
    peer, within = exchange.peer, f"within {exchange.elapsed_ms} ms"
    if handle.head:
        return f"The answer of {peer} was not complete {within}. {_ADVICE}"
    if handle.has_left():
        return f"No answer from {peer} {within}. {_ADVICE}"
    if getinfo(pycurl.CONNECT_TIME):
        return f"No secure connection to {peer} {within}. Check that the port speaks TLS."
    if getinfo(pycurl.NAMELOOKUP_TIME):
        return f"No connection to {peer} {within}. Check that the server runs and lets us in."
    return f"No connection was free for {peer} {within}. Send fewer requests at once."


def _is_malformed(message: str) -> bool:
    """Whether libcurl means bad HTTP by an error that it also gives for a broken connection."""
    return any(word in message.lower() for word in ("header", "chunk", "invalid", "too large"))
