"""Documents that are handed over: receipts, and whatever else is numbered. One value, shown as a page and as a PDF.

A `Paper` holds a document's words, already in the reader's language and in order, and knows nothing of where they come
from. A new kind of document is a function that returns one (`receipt.py` makes that of a receipt); `wording.Reader`
writes its words, money and dates. For example:

    Paper(
        title="Statement", number="S-2026-000007", language="en", made_at=at,
        issuer=("Riverside Practice", "1 High Street", "Springfield"),
        facts=(("Date", "4 June 2026"), ("For", "Dr Amelia Wong")),
        columns=(Column("Visit", share=3), Column("Fee", is_figure=True), Column("Your share", is_figure=True)),
        rows=(("Tuesday 2 June", "£60.00", "£48.00"),),
        totals=(Total("Paid out", "£48.00", is_strong=True),),
        notes=("Paid to the account ending in 1234.",),
    )

`pdf_of(paper)` gives the file; the macro `paper` in templates/ui/paper.html shows the same on a page and in print.
"""

from dataclasses import dataclass
from datetime import datetime

MIME_TYPE = "application/pdf"


@dataclass(frozen=True)
class Column:
    """Of a document's table. Figures stand to the right; `share` is its part of the width, beside the others'."""

    head: str
    is_figure: bool = False
    share: int = 1


@dataclass(frozen=True)
class Total:
    """A line below the table; what is strong is what the reader looks for."""

    label: str
    figure: str
    is_strong: bool = False


@dataclass(frozen=True)
class Paper:
    """A document in words.

    `issuer` are the lines of its head, the name first; `facts` pairs of a label and what it says; `made_at` the instant
    of its issue. `page_words` number its pages, with the placeholders page and pages.
    """

    title: str
    number: str
    language: str
    made_at: datetime
    issuer: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    totals: tuple[Total, ...] = ()
    notes: tuple[str, ...] = ()
    page_words: str = "%(page)s / %(pages)s"

    @property
    def file_name(self) -> str:
        return f"{self.number}.pdf"


def pdf_of(paper: Paper) -> bytes:
    """The document as a PDF (A4), the same bytes each time."""
    from portal.payments.documents.pdf import drawn  # noqa: PLC0415  takes half a second, and few processes draw

    return drawn(paper)
