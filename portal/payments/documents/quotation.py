"""A quotation as a document: its lines, the discount, what it comes to and which taxes that contains."""

from collections.abc import Iterator
from datetime import datetime

from portal.core import clock
from portal.core.errors import _
from portal.payments.documents import Column, Paper, Total
from portal.payments.documents.wording import PAGE_WORDS, Reader
from portal.payments.quotation_models import Quotation


def quotation_paper(quotation: Quotation, reader: Reader, *, issuer: tuple[str, ...]) -> Paper:
    """The document; `issuer` are the lines of its head, the practice's name first. Days are the clinician's."""
    return Paper(
        title=reader.say(_("Quotation")),
        number=quotation.reference or reader.say(_("Draft")),
        language=str(reader.locale).replace("_", "-"),
        made_at=quotation.sent_at or quotation.updated_at,
        issuer=issuer,
        facts=tuple(_facts(quotation, reader)),
        columns=(
            Column(reader.say(_("Description")), share=3),
            Column(reader.say(_("Amount")), is_figure=True),
        ),
        rows=tuple(_rows(quotation, reader)),
        totals=tuple(_totals(quotation, reader)),
        notes=tuple(filter(None, map(str.strip, quotation.notes.splitlines()))),
        page_words=reader.say(PAGE_WORDS, page="%(page)s", pages="%(pages)s"),
    )


def _facts(quotation: Quotation, reader: Reader) -> Iterator[tuple[str, str]]:
    def day(instant: datetime) -> str:
        return reader.day(instant, quotation.clinician.zone)

    if quotation.sent_at is not None:
        yield reader.say(_("Date")), day(quotation.sent_at)
    yield reader.say(_("For")), quotation.client_name
    yield reader.say(_("From")), quotation.clinician.full_name
    yield reader.say(_("Visit")), quotation.service.title
    last = clock.midnight(quotation.valid_until_on, quotation.clinician.zone)
    yield reader.say(_("Valid until")), day(last)


def _rows(quotation: Quotation, reader: Reader) -> Iterator[tuple[str, ...]]:
    """How many at which price stands with what for, so that a phone shows the amounts."""
    for item in quotation.items:
        each, together = (reader.money(minor, quotation.currency) for minor in (item.unit_minor, item.minor))
        several = f", {item.quantity} × {each}" if item.quantity > 1 else ""
        yield item.description + several, together


def _totals(quotation: Quotation, reader: Reader) -> Iterator[Total]:
    def line(label: str, minor: int, *, is_strong: bool = False, **values: str) -> Total:
        return Total(reader.say(label, **values), reader.money(minor, quotation.currency), is_strong)

    if quotation.discount_minor:
        yield line(_("Together"), quotation.subtotal_minor)
        yield line(_("Discount"), -quotation.discount_minor)
    yield line(_("Total"), quotation.total_minor, is_strong=True)
    for tax in quotation.tax_lines:
        rate = reader.percent(tax["basis_points"])
        yield line(_("of which %(tax)s %(rate)s"), tax["minor"], tax=tax["name"], rate=rate)
