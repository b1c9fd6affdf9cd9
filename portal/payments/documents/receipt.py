"""A receipt as a document: what was given then, and below it what went back since."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from portal.appointments.models import Appointment, Status
from portal.core.errors import _
from portal.payments.book_models import Receipt
from portal.payments.documents import Column, Paper, Total
from portal.payments.documents.wording import PAGE_WORDS, Reader
from portal.payments.gateways import RefundState
from portal.payments.models import Method, Payment, Purpose

METHODS = {
    Method.ONLINE: _("Online"),
    Method.CASH: _("Cash"),
    Method.TERMINAL: _("Card, at the centre"),
    Method.CREDITS: _("Credits"),
}
# In the words of the providers; how else one paid is "Online".
INSTRUMENTS = {"card": _("Card"), "upi": _("UPI"), "netbanking": _("Netbanking"), "wallet": _("Wallet")}


def receipt_paper(receipt: Receipt, reader: Reader, zone: ZoneInfo) -> Paper:
    """The document of a receipt; `zone` is the practice's, whose days it is dated by."""
    # What names its taxes is an invoice as well, where the law asks for one.
    title = _("Invoice and receipt") if receipt.tax_lines else _("Receipt")
    return Paper(
        title=reader.say(title),
        number=receipt.reference,
        language=str(reader.locale).replace("_", "-"),
        made_at=receipt.issued_at,
        issuer=tuple(_issuer(receipt, reader)),
        facts=tuple(_facts(receipt, reader, zone)),
        columns=(
            Column(reader.say(_("Description")), share=3),
            Column(reader.say(_("Amount")), is_figure=True),
        ),
        rows=((_description(receipt, reader), reader.money(receipt.amount_minor, receipt.currency)),),
        totals=tuple(_totals(receipt, reader, zone)),
        page_words=reader.say(PAGE_WORDS, page="%(page)s", pages="%(pages)s"),
    )


def _issuer(receipt: Receipt, reader: Reader) -> Iterator[str]:
    yield receipt.issuer_name
    yield from filter(None, map(str.strip, receipt.issuer_address.splitlines()))
    if receipt.issuer_tax_number:
        yield reader.say(_("Tax number: %(number)s"), number=receipt.issuer_tax_number)


def _facts(receipt: Receipt, reader: Reader, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    payment = receipt.payment
    yield reader.say(_("Date")), reader.day(receipt.issued_at, zone)
    yield reader.say(_("Issued to")), receipt.issued_to
    if payment.appointment is not None:
        yield reader.say(_("Visit")), _visit(payment.appointment, reader)
    yield reader.say(_("Paid by")), reader.say(_method(payment))
    if payment.transaction_id:
        yield reader.say(_("Transaction")), payment.transaction_id


def _visit(visit: Appointment, reader: Reader) -> str:
    """When it is, or was; of one that does not take place it says so."""
    day = reader.day(visit.starts_at, visit.zone)
    return reader.say(_("%(day)s (cancelled)"), day=day) if visit.status == Status.CANCELLED else day


def _method(payment: Payment) -> str:
    return INSTRUMENTS.get(payment.instrument.lower(), METHODS[Method(payment.method)])


def _description(receipt: Receipt, reader: Reader) -> str:
    payment = receipt.payment
    if payment.purpose == Purpose.CREDITS:
        return reader.say(_("Credits: %(number)s"), number=str(payment.credits))
    return reader.say(_("Subscription")) if payment.purpose == Purpose.SUBSCRIPTION else receipt.description


def _totals(receipt: Receipt, reader: Reader, zone: ZoneInfo) -> Iterator[Total]:
    """The taxes contained in it, the sum, and what of it went back, each with its day."""

    def line(label: str, minor: int, *, is_strong: bool = False, **values: str) -> Total:
        return Total(reader.say(label, **values), reader.money(minor, receipt.currency), is_strong)

    if receipt.tax_lines:
        yield line(_("Net"), receipt.amount_minor - sum(tax["minor"] for tax in receipt.tax_lines))
    for tax in receipt.tax_lines:
        rate = reader.percent(tax["basis_points"])
        yield line(_("%(tax)s %(rate)s"), tax["minor"], tax=tax["name"], rate=rate)
    yield line(_("Total paid"), receipt.amount_minor, is_strong=True)
    returned = [refund for refund in receipt.payment.refunds if refund.status == RefundState.DONE]
    for refund in returned:
        day = reader.day(refund.settled_at or refund.created_at, zone)
        yield line(_("Refunded on %(day)s"), -refund.amount_minor, day=day)
    if returned:
        left = receipt.amount_minor - sum(refund.amount_minor for refund in returned)
        yield line(_("Paid after refunds"), left, is_strong=True)
