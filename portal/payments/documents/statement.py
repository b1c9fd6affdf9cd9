"""The statement of a payout as a document: which visits earned what, and what was paid of it."""

from collections.abc import Callable, Iterator, Sequence
from zoneinfo import ZoneInfo

from portal.core.errors import _
from portal.payments.book_models import Reason
from portal.payments.documents import Column, Paper, Total
from portal.payments.documents.wording import PAGE_WORDS, Reader
from portal.payments.policy import Policy
from portal.payments.statements import Line, Statement

Figure = Callable[[Line], int]


def statement_paper(statement: Statement, practice: Policy, reader: Reader) -> Paper:
    """The document. Days are those of the clinician's zone; patients are not named, for it leaves the practice."""
    payout = statement.payout
    zone, figures = payout.clinician.zone, _figures(statement)
    return Paper(
        title=reader.say(_("Statement of payout")),
        number=payout.statement_number,
        language=str(reader.locale).replace("_", "-"),
        made_at=payout.made_at,
        issuer=(practice.name, *filter(None, map(str.strip, practice.address.splitlines()))),
        facts=tuple(_facts(statement, reader, zone)),
        columns=(
            Column(reader.say(_("Day")), share=2),
            Column(reader.say(_("What for")), share=4),
            *(Column(reader.say(head), is_figure=True, share=2) for head, _of in figures),
        ),
        rows=tuple(_row(line, payout.currency, figures, reader, zone) for line in statement.lines),
        totals=tuple(_totals(statement, reader)),
        page_words=reader.say(PAGE_WORDS, page="%(page)s", pages="%(pages)s"),
    )


def _facts(statement: Statement, reader: Reader, zone: ZoneInfo) -> Iterator[tuple[str, str]]:
    payout = statement.payout
    yield reader.say(_("For")), payout.clinician.full_name
    yield reader.say(_("Paid out on")), reader.day(payout.made_at, zone)
    if payout.reference:
        yield reader.say(_("Reference")), payout.reference


def _figures(statement: Statement) -> list[tuple[str, Figure]]:
    """The columns of amounts: the parts of others only where there are any."""
    share: tuple[str, Figure] = (_("Your share"), lambda line: line.share_minor)
    others: list[tuple[str, Figure]] = [
        (_("Taxes"), lambda line: line.taxes_minor),
        (_("Practice"), lambda line: line.practice_minor),
    ]
    taken = [(head, of) for head, of in others if any(map(of, statement.lines))]
    return [(_("Price kept"), lambda line: line.minor), *taken, share] if taken else [share]


def _row(
    line: Line, currency: str, figures: Sequence[tuple[str, Figure]], reader: Reader, zone: ZoneInfo
) -> tuple[str, ...]:
    amounts = (reader.money(of(line), currency) for _head, of in figures)
    return reader.short_day(line.at, zone), _what_for(line, reader), *amounts


def _what_for(line: Line, reader: Reader) -> str:
    if line.appointment_id is None:
        return reader.say(_("Subscription that was paid back"))
    words = _("%(service)s, no. %(number)s")
    if line.reason != Reason.EARNED:
        words = _("Refund: %(service)s, no. %(number)s")
    return reader.say(words, service=line.service or "", number=str(line.appointment_id))


def _totals(statement: Statement, reader: Reader) -> Iterator[Total]:
    payout = statement.payout

    def line(label: str, minor: int, *, is_strong: bool = False) -> Total:
        return Total(reader.say(label), reader.money(minor, payout.currency), is_strong)

    if statement.brought_forward_minor:
        yield line(_("Owed from the statement before"), statement.brought_forward_minor)
    yield line(_("Earned since"), statement.earned_minor)
    yield line(_("Paid out"), payout.amount_minor, is_strong=True)
    if statement.left_minor:
        yield line(_("Still owed"), statement.left_minor)
