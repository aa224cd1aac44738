"""The vendor sandbox as one WSGI application: a stand-in for vendors, with everything in memory.

    granian --interface wsgi --blocking-threads 32 --port 8001 integrations.sandbox.wsgi:application

One process, because the memory is its only store; several threads, because a fault may hold a request.
"""

from collections.abc import Iterable
from functools import partial
from wsgiref.types import StartResponse, WSGIEnvironment

from . import control
from .access_tokens import AccessTokens, is_token_request, judge_token_request, without_secrets
from .faults import Faults
from .history import History
from .pages.faults import show_faults
from .pages.overview import show_overview
from .pages.partners import show_partners
from .pages.requests import show_request
from .pages.tokens import issue_token, revoke_token, show_tokens
from .pages.webhooks import keep_secret, show_webhooks
from .partnerstack.books import Books
from .partnerstack.links import follow_link
from .partnerstack.tokens import TokenBook
from .reception import Reception
from .routing import Route, Router, View
from .shop import pages as shop
from .static import serve_asset
from .vendors import Vendor, known_vendors, unchecked_vendor
from .vendors.webhook import SecretBox
from .verdict import Verdict
from .web import Request, Response, read_request, text_response


class Sandbox:
    """The sandbox's memory and its routes."""

    def __init__(self) -> None:
        self.history = History()
        self.faults = Faults()
        self.books = Books()
        self.tokens = TokenBook()
        self.access_tokens = AccessTokens()
        self.box = SecretBox()
        self.vendors = known_vendors(self.books, self.tokens, self.access_tokens, self.box)
        self.reception = Reception(self.history, self.faults)
        self.router = Router([*self._own_routes(), *self._vendor_routes()])

    def _own_routes(self) -> list[Route]:
        history, faults, books, vendors = self.history, self.faults, self.books, self.vendors
        return [
            Route("GET", "/", partial(show_overview, vendors=vendors, history=history, faults=faults)),
            Route("GET", "/healthz", _say_healthy),
            Route("GET", "/received", partial(control.list_received, history=history)),
            Route("GET", "/requests/<number>", partial(show_request, history=history)),
            Route("GET", "/control", partial(show_faults, vendors=vendors, faults=faults)),
            Route("POST", "/control", partial(control.set_fault, vendors=vendors, faults=faults)),
            Route(
                "POST",
                "/control/reset",
                partial(
                    control.reset,
                    faults=faults,
                    history=history,
                    books=books,
                    access_tokens=self.access_tokens,
                ),
            ),
            Route("GET", "/partner/<partner_key>", partial(follow_link, books=books)),
            Route("GET", "/partnerstack", partial(show_partners, books=books)),
            Route("GET", "/partnerstack/tokens", partial(show_tokens, tokens=self.tokens)),
            Route("POST", "/partnerstack/tokens", partial(issue_token, tokens=self.tokens)),
            Route("POST", "/partnerstack/tokens/<number>/revoke", partial(revoke_token, tokens=self.tokens)),
            Route("GET", "/webhooks", partial(show_webhooks, box=self.box)),
            Route("POST", "/webhooks", partial(keep_secret, box=self.box)),
            Route("GET", "/shop", shop.show_landing),
            Route("GET", "/shop/product/<product_id>", shop.show_product),
            Route("GET", "/shop/cart", shop.show_cart),
            Route("GET", "/shop/order", shop.show_order),
            Route("GET", "/shop/signup", shop.show_signup),
            Route("GET", "/shop/<name>", serve_asset),
            Route("GET", "/assets/<name>", serve_asset),
        ]

    def _vendor_routes(self) -> list[Route]:
        known = [
            Route("ANY", f"/{host}/<rest...>", self._receiving(vendor, host))
            for vendor in self.vendors
            for host in vendor.hosts
        ]
        return [*known, Route("ANY", r"/<host>/<rest...>", self._receive_unchecked)]

    def _receiving(self, vendor: Vendor, host: str) -> View:
        def receive(request: Request, rest: str) -> Response:
            if is_token_request(request):
                return self._give_token(vendor.slug, request)
            return self.reception.serve(vendor.slug, request, vendor.hosts[host])

        return receive

    def _give_token(self, slug: str, request: Request) -> Response:
        """Every vendor's token endpoint is the same one."""

        def judge(_: Request) -> Verdict:
            return judge_token_request(request, tokens=self.access_tokens)

        return self.reception.serve(slug, without_secrets(request), judge)

    def _receive_unchecked(self, request: Request, host: str, rest: str) -> Response:
        if "." not in host:
            return text_response("Nothing lives here. Start at /", 404)
        return self._receiving(unchecked_vendor(host), host)(request, rest=rest)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        response = self.router.answer(read_request(environ))
        start_response(response.status_line, response.all_headers)
        return [response.body]


def _say_healthy(request: Request) -> Response:
    return text_response("ok")


application = Sandbox()
