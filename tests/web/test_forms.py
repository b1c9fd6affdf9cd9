"""What fields make of what is typed into them, without a page around."""

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.datastructures import MultiDict

from portal.web.admin.clinician_form import WordsField
from portal.web.forms import DateField, Form, MoneyField, Needed, TimeField, WholeNumberField

BLANKS = [" ", "\u00a0", "\t", "\0", " \0 "]


class Everything(Form):
    class Meta(Form.Meta):
        csrf = False

    number = WholeNumberField("Number", [Needed("Enter a number")])
    amount = MoneyField("Amount", [Needed("Enter an amount")], currency="GBP")
    day = DateField("Day", [Needed("Enter a day")])
    hour = TimeField("Hour", [Needed("Enter an hour")])
    words = WordsField("Words")


GOOD = {"number": "0", "amount": "0", "day": "2026-03-02", "hour": "00:00", "words": "Sleep"}


@pytest.fixture(autouse=True)
def _request(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield


def typed(**changes: str) -> Everything:
    return Everything(MultiDict({**GOOD, **changes}))


def test_zero_and_midnight_are_answers() -> None:
    form = typed()
    assert form.validate(), form.errors
    assert (form.number.data, form.amount.data) == (0, 0)


@pytest.mark.parametrize("blank", BLANKS)
@pytest.mark.parametrize("name", ["number", "amount", "day", "hour"])
def test_blanks_alone_fill_in_nothing(name: str, blank: str) -> None:
    form = typed(**{name: blank})
    assert not form.validate()
    assert set(form.errors) == {name}


def test_a_field_that_was_not_sent_is_missing() -> None:
    form = Everything(MultiDict({"words": ""}))
    assert not form.validate()
    assert form.field_errors() == {
        "number": "Enter a number",
        "amount": "Enter an amount",
        "day": "Enter a day",
        "hour": "Enter an hour",
    }


@pytest.mark.parametrize("text", ["--5", "5-", "1 000", "²"])
def test_what_is_no_whole_number_is_told_in_our_own_words(text: str) -> None:
    form = typed(number=text)
    assert not form.validate()
    assert form.field_errors() == {"number": "Enter a whole number"}


@pytest.mark.parametrize("text", ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"])
def test_a_year_that_nobody_means_is_told_by_the_date(text: str) -> None:
    form = typed(day=text)
    assert not form.validate()
    assert form.field_errors() == {"day": "Enter a date between 1900 and 2199"}


def test_words_come_without_what_cannot_be_kept() -> None:
    assert typed(words=" Sleep\0, \0,Sports injuries ,").words.data == ["Sleep", "Sports injuries"]
