"""The demo shop's pages, with the snippet of a live tracking file; what moves on them is in assets/shop.js.

The shop is a customer's site: it pastes the snippet (`SHOP_SNIPPET`) and calls `analytics`, nothing more.
"""

import json
import os

from ..markup import Child, Markup, el
from ..web import Request, Response, html_response
from .products import CURRENCY, PRODUCTS, PRODUCTS_BY_ID, Product

NAME = "Kettle & Fern"

CONSENT_CATEGORIES = (
    ("functional", "Functional", "remembers your cart and your choices"),
    ("analytics", "Analytics", "counts what is read and bought"),
    ("advertising", "Advertising", "tells our advertising partners about your visit"),
)


def show_landing(request: Request) -> Response:
    hero = el(
        "section",
        el("h1", "Tea, and the time for it."),
        el("p", "Pots, cups and leaves for slow mornings. Made by people we know, sent within a day."),
        el("a", "See the teapot", href="/shop/product/kf-101", class_="button"),
        class_="hero",
    )
    grid = el("section", [_product_card(product) for product in PRODUCTS], class_="grid", id="products")
    return _page("Home", hero, grid)


def show_product(request: Request, product_id: str) -> Response:
    product = PRODUCTS_BY_ID.get(product_id)
    if product is None:
        return _page("Not found", el("h1", "We do not sell that (yet)."), status=404)
    return _page(
        "Product",
        el(
            "article",
            _picture(product),
            el(
                "div",
                el("p", product.category, class_="category"),
                el("h1", product.name),
                el("p", _price(product), class_="price"),
                el("p", product.blurb),
                el("button", "Add to cart", type="button", id="add-to-cart", class_="button"),
                el("p", id="added", role="status"),
            ),
            class_="product",
            id="product",
            data_product=json.dumps(product.as_event_product()),
        ),
        title=product.name,
    )


def show_cart(request: Request) -> Response:
    checkout = el(
        "form",
        el("h2", "Check out"),
        el("label", "E-mail", el("input", type="email", name="email", autocomplete="email", required=True)),
        el(
            "label",
            "Ship to",
            el("input", name="address", autocomplete="street-address", value="1 Example Street"),
        ),
        el("button", "Place the order", class_="button"),
        el("p", "Nothing is charged: the shop is made up.", class_="note"),
        id="checkout",
        hidden=True,
    )
    start = el("button", "Check out", type="button", id="start-checkout", class_="button", hidden=True)
    return _page("Cart", el("h1", "Your cart"), el("div", id="cart"), start, checkout)


def show_order(request: Request) -> Response:
    return _page(
        "Order",
        el("h1", "Thank you"),
        el("p", "There is no order to show. ", el("a", "Back to the shop", href="/shop"), id="order"),
    )


def show_signup(request: Request) -> Response:
    form = el(
        "form",
        el("label", "Name", el("input", name="name", autocomplete="name", required=True)),
        el("label", "E-mail", el("input", type="email", name="email", autocomplete="email", required=True)),
        el("button", "Sign up", class_="button"),
        id="signup",
    )
    return _page(
        "Sign up",
        el("h1", "Join the tea table"),
        el("p", "One letter a month, and ten per cent off the first order."),
        form,
        el("p", id="signed-up", role="status"),
    )


def _page(name: str, *content: Child, title: str = "", status: int = 200) -> Response:
    snippet = Markup(os.environ.get("SHOP_SNIPPET", ""))
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", f"{title or name} - {NAME}"),
        el("link", rel="icon", href="data:,"),
        el("link", rel="stylesheet", href="/shop/shop.css"),
        snippet,
        el("script", src="/shop/shop.js", type="module"),
    )
    body = el(
        "body",
        None if snippet else _unconnected_notice(),
        _header(),
        el("main", content),
        _footer(),
        _consent_banner(),
        data_page=name,
        data_currency=CURRENCY,
    )
    return html_response(f"<!doctype html>{el('html', head, body, lang='en')}", status)


def _unconnected_notice() -> Markup:
    return el(
        "p",
        "No tracking file is connected, so nothing is sent anywhere. Set ",
        el("code", "SHOP_SNIPPET"),
        " to the snippet of a File Summary page before the sandbox starts.",
        class_="notice",
    )


def _header() -> Markup:
    links = (
        el("a", "Shop", href="/shop"),
        el("a", "Sign up", href="/shop/signup"),
        el("a", "Cart ", el("span", "0", id="cart-count"), href="/shop/cart"),
    )
    return el("header", el("a", NAME, href="/shop", class_="brand"), el("nav", links))


def _footer() -> Markup:
    return el(
        "footer",
        el("details", el("summary", "Events of this page"), el("ol", id="sent"), open=True),
        el(
            "p",
            "A made-up shop in the vendor sandbox. ",
            el("button", "Privacy choices", type="button", id="privacy-choices", class_="link"),
            " ",
            el("a", "What the vendors received", href="/"),
        ),
    )


def _consent_banner() -> Markup:
    choices = [
        el("label", el("input", type="checkbox", name=code), el("span", el("b", name), f" {purpose}"))
        for code, name, purpose in CONSENT_CATEGORIES
    ]
    buttons = (
        el("button", "Accept all", value="all", class_="button"),
        el("button", "Save my choice", value="chosen", class_="button quiet"),
        el("button", "Only the necessary", value="none", class_="button quiet"),
    )
    return el(
        "form",
        el(
            "div",
            el("h2", "Your choice"),
            el("p", "We would like to use data for the following. You decide."),
        ),
        el("div", choices, class_="choices"),
        el("div", buttons, class_="buttons"),
        id="consent",
        hidden=True,
        aria_label="Privacy choices",
    )


def _product_card(product: Product) -> Markup:
    return el(
        "a",
        _picture(product),
        el("span", product.name, class_="name"),
        el("span", _price(product), class_="price"),
        href=f"/shop/product/{product.product_id}",
        class_="card",
        data_product=json.dumps(product.as_event_product()),
    )


def _picture(product: Product) -> Markup:
    return el(
        "svg",
        el("rect", x=-100, width=300, height=100, fill=product.colour, opacity="0.12"),
        el(
            "path",
            d=product.shape,
            fill="none",
            stroke=product.colour,
            stroke_width=3,
            stroke_linecap="round",
        ),
        viewBox="0 0 100 100",
        role="img",
        aria_label=product.name,
    )


def _price(product: Product) -> str:
    return f"${product.price:.2f}"
