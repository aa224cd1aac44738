"""Requests that prove themselves by a signature: OAuth 1.0a, and a checksum over parts of the request."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, SIGNATURE_HMAC_SHA256, Client

from integrations.core.mapping import Context, DefinitionError, Rejection, Scope
from integrations.core.mapping.errors import Path
from integrations.core.vendor.headers import checked_header
from integrations.core.vendor.moment import ANY_NONCE, ANY_SIGNATURE, ANY_TIME, Moment
from integrations.core.vendor.plain_text import Text, compile_text

METHODS = {"HMAC-SHA1": SIGNATURE_HMAC_SHA1, "HMAC-SHA256": SIGNATURE_HMAC_SHA256}
FORM = "application/x-www-form-urlencoded"


@dataclass(frozen=True, kw_only=True, slots=True)
class Draft:
    """A request before it is signed: its final address and bytes."""

    method: str
    url: str
    body: bytes
    is_form: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Signed:
    """What a signature adds to a request; `secrets` must not be logged."""

    headers: tuple[tuple[str, str], ...] = ()
    query: tuple[tuple[str, str], ...] = ()
    secrets: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class OAuth1:
    """OAuth 1.0a (RFC 5849) in the Authorization header. A JSON body is not part of what is signed."""

    method: str
    consumer_key: Text
    consumer_secret: Text
    token: Text | None
    token_secret: Text | None

    def sign(self, draft: Draft, scope: Scope, vendor: str, moment: Moment | None) -> Signed:
        client = Client(
            self.consumer_key.value(scope, vendor),
            client_secret=self.consumer_secret.value(scope, vendor),
            resource_owner_key=self.token.value(scope, vendor) if self.token else None,
            resource_owner_secret=self.token_secret.value(scope, vendor) if self.token_secret else None,
            signature_method=METHODS[self.method],
            nonce=moment.new_nonce() if moment else ANY_NONCE,
            timestamp=str(int(moment.now.timestamp())) if moment else ANY_TIME,
        )
        body = {"body": draft.body.decode(), "headers": {"Content-Type": FORM}} if draft.is_form else {}
        try:
            _, headers, _ = client.sign(draft.url, draft.method, **body)
        except (ValueError, UnicodeError):
            raise Rejection(f"{vendor} needs a signed request, and this one can't be signed.") from None
        value = headers["Authorization"]
        before, _, signature = value.rpartition("oauth_signature=")
        if moment is None:
            before = before.replace(quote(ANY_NONCE), ANY_NONCE).replace(quote(ANY_TIME), ANY_TIME)
            value = f'{before}oauth_signature="{ANY_SIGNATURE}"'
        return Signed(headers=(("Authorization", value),), secrets=(signature.strip('"'),))


@dataclass(frozen=True, kw_only=True, slots=True)
class Checksum:
    """A digest over the secret and parts of the request, as a parameter or a header."""

    algorithm: str
    secret: Text
    over: tuple[str, ...]
    joined_by: str
    encoding: str
    prefix: str
    header: str
    query: str

    def sign(self, draft: Draft, scope: Scope, vendor: str, moment: Moment | None) -> Signed:
        secret = self.secret.value(scope, vendor).encode()
        parts: Mapping[str, bytes] = {
            "secret": secret,
            "method": draft.method.encode(),
            "url": draft.url.encode(),
            "path": urlsplit(draft.url).path.encode(),
            "query": urlsplit(draft.url).query.encode(),
            "body": draft.body,
        }
        message = self.joined_by.encode().join(parts[part] for part in self.over)
        digest = self._digest(message, secret)
        text = digest.hex() if self.encoding == "hex" else base64.b64encode(digest).decode()
        value = f"{self.prefix}{text}"
        if self.header:
            return Signed(headers=(checked_header(self.header, value, vendor),), secrets=(value,))
        return Signed(query=((self.query, value),), secrets=(value,))

    def _digest(self, message: bytes, secret: bytes) -> bytes:
        if self.algorithm.startswith("hmac_"):
            return hmac.new(secret, message, self.algorithm.removeprefix("hmac_")).digest()
        return hashlib.new(self.algorithm, message, usedforsecurity=False).digest()


def compile_oauth1(document: Mapping[str, Any], context: Context, path: Path) -> OAuth1:
    def text(key: str) -> Text:
        return compile_text(document[key], context, (*path, key))

    if ("token" in document) != ("token_secret" in document):
        raise DefinitionError(path, "`token` and `token_secret` belong together")
    return OAuth1(
        method=document.get("method", "HMAC-SHA1"),
        consumer_key=text("consumer_key"),
        consumer_secret=text("consumer_secret"),
        token=text("token") if "token" in document else None,
        token_secret=text("token_secret") if "token_secret" in document else None,
    )


def compile_checksum(document: Mapping[str, Any], context: Context, path: Path) -> Checksum:
    if ("header" in document) == ("query" in document):
        raise DefinitionError(path, "either `header` or `query` must name where the checksum goes")
    over: Sequence[str] = document["over"]
    if "secret" not in over and not document["algorithm"].startswith("hmac_"):
        raise DefinitionError((*path, "over"), "`secret` must be among the parts, or it would prove nothing")
    return Checksum(
        algorithm=document["algorithm"],
        secret=compile_text(document["secret"], context, (*path, "secret")),
        over=tuple(over),
        joined_by=document.get("joined_by", ""),
        encoding=document.get("encoding", "hex"),
        prefix=document.get("prefix", ""),
        header=document.get("header", ""),
        query=document.get("query", ""),
    )
