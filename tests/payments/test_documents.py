"""Documents as PDF files: what they say can be read out of them again, whoever they are for."""

from dataclasses import replace
from io import BytesIO

import pytest
from pypdf import PdfReader

from portal.payments.documents import Column, Paper, Total, pdf_of
from portal.payments.documents.wording import PAGE_WORDS
from tests.conftest import NOW

PAPER = Paper(
    title="Invoice and receipt",
    number="R-2026-000123",
    language="en-GB",
    made_at=NOW,
    issuer=("Mill Lane Practice", "1 Mill Lane", "Leeds"),
    facts=(("Date", "2 March 2026"), ("Issued to", "Ana Silva")),
    columns=(Column("Description", share=3), Column("Amount", is_figure=True)),
    rows=(("Consultation, Dr Bo Larsen", "£60.00"),),
    totals=(Total("Total paid", "£60.00", is_strong=True),),
    notes=("Thank you.",),
    page_words=PAGE_WORDS,
)


def read(paper: Paper) -> PdfReader:
    return PdfReader(BytesIO(pdf_of(paper)))


def text(paper: Paper) -> str:
    return "\n".join(page.extract_text() for page in read(paper).pages)


def named(name: str) -> Paper:
    return replace(PAPER, facts=(("Issued to", name),))


def test_all_its_words_can_be_read_and_searched() -> None:
    said = text(PAPER)
    words = [
        PAPER.title,
        PAPER.number,
        *PAPER.issuer,
        *PAPER.facts[1],
        *PAPER.rows[0],
        "Total paid",
        "Thank you.",
    ]
    for word in words:
        assert word in said


def test_it_says_what_it_is_in_which_language_and_when_it_was_made() -> None:
    file = read(PAPER)
    assert file.metadata is not None
    assert (file.metadata.title, file.metadata.author) == (
        "Invoice and receipt R-2026-000123",
        "Mill Lane Practice",
    )
    assert file.metadata.creation_date == NOW
    assert str(file.root_object["/Lang"]) == "en-GB"
    assert "/DisplayDocTitle" in str(file.root_object["/ViewerPreferences"])


def test_the_same_document_is_the_same_file() -> None:
    assert pdf_of(PAPER) == pdf_of(replace(PAPER))


@pytest.mark.parametrize(
    "name", ["Zoë Ångström", "Łukasz Żółć", "Ελένη Παπαδοπούλου", "Ивана Йовановић", "Nguyễn Thị Ánh"]
)
def test_names_keep_their_letters(name: str) -> None:
    assert name in text(named(name))


def test_a_name_in_devanagari_is_drawn() -> None:
    assert "शर्मा" in text(named("प्रिया शर्मा"))


def test_letters_may_come_in_pieces() -> None:
    assert "Zoë" in text(named("Zoe\u0308"))


@pytest.mark.parametrize("name", ["田中 太郎", "Ana 😀", "👩‍👩‍👧", "Ana\x00\x07\u2066Silva\u2069", ""])
def test_what_no_letter_stands_for_breaks_nothing(name: str) -> None:
    said = text(named(name))
    assert "Issued to" in said
    assert "Total paid" in said


def test_letters_that_are_missing_leave_a_mark_and_pictures_do_not() -> None:
    assert "\ufffd" in text(named("田中"))
    assert "\ufffd" not in text(named("Ana ❤️😀"))


def test_a_very_long_name_stays_on_the_sheet() -> None:
    said = text(named("Wolfeschlegelsteinhausenbergerdorff" * 20))
    assert said.replace("\n", "").count("Wolfeschlegelsteinhausenbergerdorff") == 20


def test_a_long_table_goes_on_and_its_pages_are_counted() -> None:
    rows = tuple((f"Visit number {number}", f"£{number}.00") for number in range(1, 101))
    pages = [page.extract_text() for page in read(replace(PAPER, rows=rows)).pages]
    assert len(pages) > 2
    for number, page in enumerate(pages, 1):
        assert f"R-2026-000123 · Page {number} of {len(pages)}" in page
    assert all("Description" in page for page in pages[:3])
    said = "\n".join(pages)
    assert all(row[0] in said for row in rows)


@pytest.mark.parametrize(
    "sum_", ["₹1,23,450.00", "JP¥5,000", "KWD\xa012.345", "1\u202f234,50\xa0€", "₪5", "₽5"]
)
def test_every_currency_can_be_written(sum_: str) -> None:
    said = text(replace(PAPER, totals=(Total("Total paid", sum_),)))
    assert sum_.replace("\xa0", " ").replace("\u202f", " ") in said.replace("\xa0", " ").replace(
        "\u202f", " "
    )
