"""PartnerStack's dashboard: partners, sources, conversions, sales and clicks."""

from ..markup import Markup, el
from ..partnerstack.books import Books
from ..partnerstack.entries import Conversion, Outcome, Sale
from ..partnerstack.reports import report_partners, report_sources
from ..web import Request, Response
from .layout import clock_time, page, pill, section, table

LATEST = 25
KINDS = {Outcome.ATTRIBUTED: "good", Outcome.UNATTRIBUTED: "wait", Outcome.DUPLICATE: "plain"}


def show_partners(request: Request, *, books: Books) -> Response:
    return page(
        "Partners",
        el(
            "p",
            "What PartnerStack sees: a click on a partner's link, then a conversion with its click id.",
            class_="lead",
        ),
        section("Partners", _partners(books), _link_form()),
        section("By source (sub-id)", _sources(books)),
        section("Conversions", _conversions(books)),
        section("Sales", _sales(books)),
        section("Clicks", _clicks(books)),
        path="/partnerstack",
        refresh_seconds=5,
    )


def _partners(books: Books) -> Markup:
    return table(
        ("Partner", "Link", "Clicks", "Customers", "Sales", "Revenue"),
        [
            (
                report.partner_key,
                el(
                    "a",
                    f"/partner/{report.partner_key}",
                    href=f"/partner/{report.partner_key}?sub_id=newsletter",
                ),
                report.clicks,
                report.customers,
                report.sales,
                ", ".join(_money(amount, currency) for currency, amount in report.revenue.items()) or "-",
            )
            for report in report_partners(books)
        ],
        empty="",
    )


def _link_form() -> Markup:
    return el(
        "p",
        "A partner's link takes ",
        el("code", "?url="),
        " for the landing page (the demo shop without it) and any number of ",
        el("code", "&sub_id="),
        " for the source.",
        class_="note",
    )


def _sources(books: Books) -> Markup:
    return table(
        ("Partner", "Source", "Clicks", "Customers", "Of these, sub-id in the conversion"),
        [
            (report.partner_key, report.sub_id, report.clicks, report.customers, report.carried)
            for report in report_sources(books)
        ],
        empty="No click has carried a sub-id yet.",
    )


def _conversions(books: Books) -> Markup:
    return table(
        ("Time", "Customer", "Outcome", "Partner", "Sub-ids", "Click id"),
        [_conversion_row(conversion) for conversion in books.conversions()[: -LATEST - 1 : -1]],
        empty="No conversion has come yet.",
    )


def _conversion_row(conversion: Conversion) -> tuple[object, ...]:
    return (
        clock_time(conversion.at),
        conversion.customer_key,
        pill(conversion.outcome, KINDS[conversion.outcome]),
        conversion.click.partner_key if conversion.click else "-",
        ", ".join(conversion.sub_ids) or "-",
        el("code", conversion.xid),
    )


def _sales(books: Books) -> Markup:
    return table(
        ("Time", "Transaction", "Customer", "Amount", "Partner"),
        [_sale_row(sale) for sale in books.sales()[: -LATEST - 1 : -1]],
        empty="No sale has come yet.",
    )


def _sale_row(sale: Sale) -> tuple[object, ...]:
    duplicate = pill("duplicate", "plain") if sale.is_duplicate else None
    return (
        clock_time(sale.at),
        [sale.key or "-", " ", duplicate],
        sale.customer,
        _money(sale.amount, sale.currency),
        sale.partner_key or "-",
    )


def _clicks(books: Books) -> Markup:
    return table(
        ("Time", "Partner", "Sub-ids", "Click id", "Landing page"),
        [
            (
                clock_time(click.at),
                click.partner_key,
                ", ".join(click.sub_ids) or "-",
                el("code", click.xid),
                click.landing,
            )
            for click in books.clicks()[: -LATEST - 1 : -1]
        ],
        empty="Nobody has followed a partner's link yet.",
    )


def _money(amount: int, currency: str) -> str:
    """Minor units as money, with two decimals as most currencies have."""
    return f"{amount / 100:,.2f} {currency}"
