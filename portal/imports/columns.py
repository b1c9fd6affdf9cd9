"""What a cell of a file may say: each is read with the checks of the pages, so that every fault is found at once."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any, TypeVar

from portal.accounts.identifiers import optional_username
from portal.accounts.names import clean_name
from portal.core.contact import optional_email, parse_phone
from portal.core.errors import Invalid, _
from portal.core.permissions import Actor
from portal.imports.models import Outcome
from portal.imports.problems import BadCell, Problem
from portal.imports.reading import Line
from portal.people.matching import dates_meant
from portal.people.patient_facts import EARLIEST_BIRTH

T = TypeVar("T")
FORMULA = ("=", "+", "-", "@")
PARTS = re.compile(r"[,;|]")
TIME = re.compile(r"(\d{1,2})(?:[:.](\d{2})(?::00)?)?\s*([ap])?\.?(?:m\.?)?", re.IGNORECASE | re.ASCII)
YES, NO = {"yes", "y", "true", "1"}, {"no", "n", "false", "0"}
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SHORTEST_DAY = 3


@dataclass(frozen=True)
class Setting:
    """What a file is read against: who brings it in and when, and the country of phones without a code (ISO 3166).

    When it `is_final`, what was found must not change any more until it is written.
    """

    at: datetime
    region: str
    by: Actor
    is_final: bool = False


Reader = Callable[[str, Setting], Any]


@dataclass(frozen=True)
class Column:
    """`help` says to people what belongs into it."""

    name: str
    help: str
    read: Reader
    is_needed: bool = False
    may_begin_with_plus: bool = False


@dataclass
class Entry:
    """A line as it was understood: values by column, None for an empty cell or one that cannot be used.

    `is_known` when what it says is there already; `found` holds whom and what of the database it names.
    """

    line: int
    values: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)
    is_known: bool = False
    found: dict[str, Any] = field(default_factory=dict)

    @property
    def outcome(self) -> Outcome:
        if self.problems:
            return Outcome.FAULTY
        return Outcome.UNCHANGED if self.is_known else Outcome.NEW

    def refuse(self, column: str, code: str, message: str, **values: str | int) -> None:
        self.problems.append(Problem(code, message, self.line, column, values))

    def is_bad(self, column: str) -> bool:
        """Is there something wrong with that cell already?"""
        return any(problem.column == column for problem in self.problems)


def understand(line: Line, columns: Sequence[Column], setting: Setting) -> Entry:
    """Read each cell; every one that cannot be used leaves a problem."""
    entry = Entry(line.number, {column.name: None for column in columns})
    for column in columns:
        text = line.cells.get(column.name, "")
        try:
            entry.values[column.name] = _value(column, text, setting)
        except BadCell as fault:
            entry.refuse(column.name, fault.code, fault.message, **fault.values)
    return entry


def _value(column: Column, text: str, setting: Setting) -> Any:
    if not text:
        if column.is_needed:
            raise BadCell("EMPTY_CELL", _("This cell must not be empty."))
        return None
    if text.startswith(FORMULA) and not (column.may_begin_with_plus and text.startswith("+")):
        raise BadCell(
            "FORMULA", _("This begins like a formula of a spreadsheet (=, +, - or @). Write it as a text.")
        )
    return column.read(text, setting)


def a_name(text: str, _setting: Setting) -> str:
    return _checked("BAD_NAME", lambda: clean_name(text))


def a_phone(text: str, setting: Setting) -> str:
    if re.search(r"[A-Za-z]", text):
        raise BadCell("BAD_PHONE", _("Enter a phone number, such as 07700 900123 or +44 7700 900123."))
    return _checked("BAD_PHONE", lambda: parse_phone(text, region=setting.region))


def an_email(text: str, _setting: Setting) -> str | None:
    return _checked("BAD_EMAIL", lambda: optional_email(text))


def a_username(text: str, _setting: Setting) -> str | None:
    return _checked("BAD_USERNAME", lambda: optional_username(text))


def a_birth(text: str, setting: Setting) -> date:
    """2027-06-04, or any other way that can mean one date only; the year has four figures."""
    meant = dates_meant(text) if re.search(r"\d{4}", text) else []
    if len(meant) > 1:
        raise BadCell(
            "AMBIGUOUS_DATE",
            _("This may be %(one)s or %(other)s. Write it with the year first, like one of these."),
            one=meant[0].isoformat(),
            other=meant[1].isoformat(),
        )
    if not meant:
        raise BadCell("BAD_DATE", _("Enter a date with the year first, such as 1981-06-04."))
    if not EARLIEST_BIRTH <= meant[0] <= setting.at.date():
        raise BadCell("BAD_DATE", _("Enter a date of birth in the past."))
    return meant[0]


def a_time(text: str, _setting: Setting) -> time:
    found = TIME.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        hour, half = int(found[1]), (found[3] or "").lower()
        if half and not 1 <= hour <= 12:
            raise ValueError
        return time(hour % 12 + 12 * (half == "p") if half else hour, int(found[2] or 0))
    except ValueError:
        raise BadCell("BAD_TIME", _("Enter a time, such as 09:30 or 17:00.")) from None


def a_weekday(text: str, _setting: Setting) -> int:
    """ISO: Monday is 1. By name, by its first three letters, or by number."""
    word = text.casefold().rstrip(".")
    for number, name in enumerate(WEEKDAYS, 1):
        if word == str(number) or (len(word) >= SHORTEST_DAY and name.startswith(word)):
            return number
    raise BadCell("BAD_WEEKDAY", _("Enter a day of the week, such as Monday."))


def yes_or_no(text: str, _setting: Setting) -> bool:
    if text.casefold() not in YES | NO:
        raise BadCell("BAD_YES_NO", _("Enter yes or no."))
    return text.casefold() in YES


def a_text(longest: int) -> Reader:
    """Any text of at most so many characters."""

    def read(text: str, _setting: Setting) -> str:
        if len(text) > longest:
            raise BadCell("TOO_LONG", _("Use %(longest)s characters or fewer."), longest=longest)
        return text

    return read


def words(longest: int) -> Reader:
    """Several words or phrases, with commas between them."""
    read_text = a_text(longest)

    def read(text: str, setting: Setting) -> list[str]:
        return [part for part in map(str.strip, PARTS.split(read_text(text, setting))) if part]

    return read


def a_number(least: int, most: int) -> Reader:
    def read(text: str, _setting: Setting) -> int:
        if not re.fullmatch(r"\d{1,6}", text, re.ASCII) or not least <= int(text) <= most:
            raise BadCell(
                "BAD_NUMBER", _("Enter a whole number from %(least)s to %(most)s."), least=least, most=most
            )
        return int(text)

    return read


def one_of(choices: Mapping[str, str]) -> Reader:
    """One of these words, however it is capitalised, as the value that is kept."""

    def read(text: str, _setting: Setting) -> str:
        found = choices.get(text.casefold())
        if found is None:
            raise BadCell("BAD_CHOICE", _("Enter one of: %(choices)s."), choices=", ".join(choices))
        return found

    return read


def _checked(code: str, check: Callable[[], T]) -> T:
    try:
        return check()
    except Invalid as refusal:
        raise BadCell(code, next(iter(refusal.details.values()), refusal.message)) from None
