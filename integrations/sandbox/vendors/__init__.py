"""The vendors the sandbox stands in for, by the host that stands first in the path."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

from ..access_tokens import AccessTokens
from ..partnerstack.books import Books
from ..partnerstack.tokens import TokenBook
from ..verdict import Verdict
from ..web import Request, Response
from . import adroll, audiohook, batch, generic, identity, partnerstack, webhook


@dataclass(frozen=True, kw_only=True)
class Vendor:
    slug: str
    name: str
    hosts: dict[str, Callable[[Request], Verdict]]
    note: str = ""


def known_vendors(
    books: Books, tokens: TokenBook, access_tokens: AccessTokens, box: webhook.SecretBox
) -> tuple[Vendor, ...]:
    conversions = partial(partnerstack.judge_conversion, books=books, tokens=tokens)
    api_calls = partial(partnerstack.judge_api_call, books=books)
    return (
        Vendor(slug="adroll", name="AdRoll", hosts={"srv.adroll.com": adroll.judge}),
        Vendor(slug="audiohook", name="Audiohook", hosts={"listen.audiohook.com": audiohook.judge}),
        Vendor(
            slug="partnerstack",
            name="PartnerStack",
            hosts={"partnerlinks.io": conversions, "api.partnerstack.com": api_calls},
        ),
        Vendor(slug="generic", name="Generic receiver", hosts={"sandbox.generic": generic.judge}),
        Vendor(
            slug="batch",
            name="Batches with an access token",
            hosts={"sandbox.batch": partial(batch.judge, tokens=access_tokens)},
        ),
        Vendor(slug="identity", name="Identity endpoint", hosts={"sandbox.identity": identity.judge}),
        Vendor(
            slug="webhook",
            name="Webhook receiver",
            hosts={"sandbox.webhook": partial(webhook.judge, box=box)},
        ),
    )


def unchecked_vendor(host: str) -> Vendor:
    """A stand-in for a host we know nothing of: it takes what a generic receiver takes.

    It answers as the sender says that this vendor answers, in `X-Sandbox-Answer`: a status, then a JSON text.
    """
    return Vendor(slug=host, name=host, hosts={host: _judge_unchecked}, note="not checked")


def _judge_unchecked(request: Request) -> Verdict:
    verdict = generic.judge(request)
    status, _, text = request.headers.get("X-Sandbox-Answer", "").partition(" ")
    if not verdict.accepted or not status.isdecimal():
        return verdict
    try:
        body = str(json.loads(text)).encode()
    except ValueError:
        return verdict
    kind = "application/json" if body[:1] in (b"{", b"[") else "text/plain; charset=utf-8"
    return replace(verdict, response=Response(status=int(status), content_type=kind, body=body))
