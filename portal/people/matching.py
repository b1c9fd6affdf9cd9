"""What somebody at the desk types to find a patient: part of a name or phone, a date of birth, an email address."""

import re
from datetime import date

from sqlalchemy import ColumnElement, false, or_

from portal.core import clock
from portal.core.db import folded, like_pattern
from portal.people.models import Patient

DIGITS = re.compile(r"[+\d\s()./-]*\d[+\d\s()./-]*")
NUMBERS = re.compile(r"(\d{1,4})[\s./-]+(\d{1,2})[\s./-]+(\d{1,4})")
DAY_MONTH = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?[\s.]+([a-z]{3,9})[\s.,]+(\d{2,4})")
MONTH_DAY = re.compile(r"([a-z]{3,9})[\s.]+(\d{1,2})(?:st|nd|rd|th)?[\s.,]+(\d{2,4})")
MONTHS = (
    *("january", "february", "march", "april", "may", "june", "july"),
    *("august", "september", "october", "november", "december"),
)
SHORT = 2


def matching(search: str) -> list[ColumnElement[bool]]:
    """The conditions of a search; none of an empty one.

    Of digits only, part of a phone or a date of birth; with "@" the beginning of an email address; else a date in
    words, or parts of the name in any order, accents and capitals aside. One or two letters are the beginning of a
    part of the name.
    """
    text = search.strip()
    if not text:
        return []
    born = [Patient.date_of_birth == on for on in dates_meant(text)]
    if DIGITS.fullmatch(text):
        return [or_(has_phone_part(text), *born)]
    if "@" in text:
        return [Patient.email.like(like_pattern(text.lower()).removeprefix("%"))]
    if born:
        return [or_(*born)]
    return [_has_word(word) for word in text.split()]


def has_phone_part(text: str) -> ColumnElement[bool]:
    """However a number is written at home, without the country code it begins with zeros that E.164 does not have."""
    digits = "".join(filter(str.isdecimal, text)).lstrip("0")
    return Patient.phone.like(like_pattern(digits)) if digits else false()


def dates_meant(text: str) -> list[date]:
    """The dates that a text may stand for: of 04/06/1981 the fourth of June, and the sixth of April."""
    lowered = text.strip().lower()
    if found := NUMBERS.fullmatch(lowered):
        first, second, third = found.groups()
        orders = [(third, second, first), (third, first, second)]
        triples = [(first, second, third)] if len(first) > SHORT else orders
    elif found := DAY_MONTH.fullmatch(lowered):
        triples = [(found[3], _month(found[2]), found[1])]
    elif found := MONTH_DAY.fullmatch(lowered):
        triples = [(found[3], _month(found[1]), found[2])]
    else:
        return []
    dates = (_date(year, month, day) for year, month, day in triples)
    return list(dict.fromkeys(on for on in dates if on is not None))


def _has_word(word: str) -> ColumnElement[bool]:
    name, pattern = folded(Patient.full_name), like_pattern(word)
    if len(word) > SHORT:
        return name.like(folded(pattern))
    begins = pattern.removeprefix("%")
    return or_(name.like(folded(begins)), name.like(folded(f"% {begins}")))


def _month(name: str) -> str:
    """Its number, or 0 for a word that is no month."""
    return str(next((number for number, month in enumerate(MONTHS, 1) if month.startswith(name)), 0))


def _date(year: str, month: str, day: str) -> date | None:
    """Two figures are the last such year that has come."""
    number, this_year = int(year), clock.now().year
    if len(year) <= SHORT:
        number += this_year // 100 * 100
        number -= 100 * (number > this_year)
    try:
        return date(number, int(month), int(day))
    except ValueError:
        return None
