"""What the books add up to: per partner, and per source (sub-id) of a partner."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .books import Books
from .entries import Conversion, Sale

DEMO_PARTNERS = ("ada-reviews", "harbor-podcast", "test-partner")


@dataclass(frozen=True, kw_only=True)
class PartnerReport:
    partner_key: str
    clicks: int
    customers: int
    sales: int
    revenue: dict[str, int]  # minor units by currency


@dataclass(frozen=True, kw_only=True)
class SourceReport:
    """One sub-id of a partner. `carried` counts the conversions that brought the sub-id with them."""

    partner_key: str
    sub_id: str
    clicks: int
    customers: int
    carried: int


def report_partners(books: Books) -> list[PartnerReport]:
    clicks = Counter(click.partner_key for click in books.clicks())
    customers = Counter(
        conversion.click.partner_key for conversion in books.conversions() if conversion.click
    )
    earning = [sale for sale in books.sales() if sale.partner_key and not sale.is_duplicate]
    sales = Counter(sale.partner_key for sale in earning)
    return [
        PartnerReport(
            partner_key=partner_key,
            clicks=clicks[partner_key],
            customers=customers[partner_key],
            sales=sales[partner_key],
            revenue=_revenue(sale for sale in earning if sale.partner_key == partner_key),
        )
        for partner_key in dict.fromkeys((*DEMO_PARTNERS, *clicks, *customers))
    ]


def report_sources(books: Books) -> list[SourceReport]:
    clicks = Counter((click.partner_key, sub_id) for click in books.clicks() for sub_id in click.sub_ids)
    conversions = books.conversions()
    customers = Counter(source for conversion in conversions for source in _sources(conversion))
    carried = Counter(
        source
        for conversion in conversions
        for source in _sources(conversion)
        if source[1] in conversion.sub_ids
    )
    return [
        SourceReport(
            partner_key=source[0],
            sub_id=source[1],
            clicks=clicks[source],
            customers=customers[source],
            carried=carried[source],
        )
        for source in dict.fromkeys((*clicks, *customers))
    ]


def _sources(conversion: Conversion) -> Iterator[tuple[str, str]]:
    """Partner and sub-id, for each sub-id of the click and of an attributed conversion, once."""
    if conversion.click:
        for sub_id in dict.fromkeys((*conversion.click.sub_ids, *conversion.sub_ids)):
            yield conversion.click.partner_key, sub_id


def _revenue(sales: Iterable[Sale]) -> dict[str, int]:
    revenue: Counter[str] = Counter()
    for sale in sales:
        revenue[sale.currency] += sale.amount
    return dict(revenue)
