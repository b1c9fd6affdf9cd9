"""From a CSV file to its lines: which column a cell belongs to, and what stands in the way. Knows no meaning."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches

from portal.core.errors import _
from portal.imports.decoding import decode
from portal.imports.problems import BadCell, Problem, shown

MOST_BYTES = 2 * 1024 * 1024
MOST_LINES = 5000
SEPARATORS = (",", ";", "\t")
# As our own files have them: a cell that a spreadsheet would take for a formula, quoted for it.
QUOTED_FORMULA = re.compile(r"^'(?=[=+\-@])")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
SEPARATOR_LINE = re.compile(r"sep=([,;\t])\n", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """A line with what stands in it, by column, without outer spaces; empty cells are left out."""

    number: int
    cells: dict[str, str]


@dataclass
class Sheet:
    """What was read of a file. With problems of the file as a whole there may be no lines."""

    lines: list[Line] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    encoding: str = ""

    def refuse(
        self, code: str, message: str, line: int | None = None, column: str = "", **values: str | int
    ) -> None:
        self.problems.append(Problem(code, message, line, column, values))


def read(content: bytes, columns: Sequence[str], needed: Sequence[str]) -> Sheet:
    """The lines of a file whose first line names its columns, in any order; of these, the `needed` must be there."""
    sheet = Sheet()
    if len(content) > MOST_BYTES:
        sheet.refuse("FILE_TOO_LARGE", TOO_LARGE, megabytes=MOST_BYTES // 1024 // 1024)
        return sheet
    try:
        decoded = decode(content)
    except BadCell as fault:
        sheet.refuse(fault.code, fault.message)
        return sheet
    sheet.encoding = decoded.encoding
    records = _records(decoded.text, sheet)
    first = next(records, None)
    if first is None:
        if not sheet.problems:
            sheet.refuse("EMPTY_FILE", _("The file is empty."))
        return sheet
    heads = _heads(first, columns, needed, sheet)
    _fill(sheet, records, heads, first[1])
    return sheet


def key_of(heading: str) -> str:
    """A heading as people write it, as the name of a column: "Date of birth" is date_of_birth, "E-mail" is email."""
    return re.sub(r"[\s_-]+", "_", heading.strip().casefold()).strip("_").replace("e_mail", "email")


def _records(text: str, sheet: Sheet) -> Iterator[tuple[int, list[str]]]:
    """Number and cells of each line that is not empty; ends at a line whose quotation marks do not match."""
    number, separator = 0, None
    if marked := SEPARATOR_LINE.match(text):
        separator, text, number = marked[1], text[marked.end() :], 1
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator or _separator(text), strict=True)
    while True:
        number += 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            sheet.refuse("BAD_QUOTES", BAD_QUOTES, number)
            return
        while cells and not cells[-1].strip():
            cells.pop()  # spreadsheets leave empty columns behind the last one
        if cells:
            yield number, cells


def _separator(text: str) -> str:
    """What stands most often between the headings."""
    heading = text.lstrip("\n").partition("\n")[0]
    return max(SEPARATORS, key=heading.count)


def _heads(
    first: tuple[int, list[str]], columns: Sequence[str], needed: Sequence[str], sheet: Sheet
) -> list[str]:
    """The columns in the order of the file; "" for one that cannot be used."""
    number, cells = first
    heads: list[str] = []
    for cell in cells:
        key = key_of(cell)
        if key and key in heads:
            sheet.refuse("COLUMN_TWICE", _("This column is there twice."), number, key)
        elif key not in columns:
            _refuse_column(sheet, number, cell, key, columns)
        heads.append(key if key in columns and key not in heads else "")
    for key in needed:
        if key not in heads:
            sheet.refuse("MISSING_COLUMN", _("This column is missing."), number, key)
    return heads


def _refuse_column(sheet: Sheet, number: int, cell: str, key: str, columns: Sequence[str]) -> None:
    if not key:
        sheet.refuse("UNKNOWN_COLUMN", _("A column has no heading."), number)
        return
    close = get_close_matches(key, columns, 1)
    message = (
        _("We do not know this column. Did you mean “%(close)s”?")
        if close
        else _("We do not know this column.")
    )
    values = {"close": close[0]} if close else {}
    sheet.refuse("UNKNOWN_COLUMN", message, number, shown(cell), **values)


def _fill(
    sheet: Sheet, records: Iterator[tuple[int, list[str]]], heads: list[str], heading: list[str]
) -> None:
    if any(problem.code == "MISSING_COLUMN" for problem in sheet.problems) and not any(heads):
        return  # the first line names no column at all: there is nothing to say of the others
    for number, cells in records:
        if len(sheet.lines) == MOST_LINES:
            sheet.refuse("TOO_MANY_LINES", TOO_MANY_LINES, number, most=MOST_LINES)
            return
        if [key_of(cell) for cell in cells] == [key_of(cell) for cell in heading]:
            sheet.refuse(
                "HEADING_TWICE", _("The headings stand here a second time. Take this line out."), number
            )
            continue
        if len(cells) > len(heads):
            sheet.refuse("CELL_COUNT", CELL_COUNT, number, count=len(cells), wanted=len(heads))
            continue
        sheet.lines.append(Line(number, _cells(sheet, number, heads, cells)))
    if not sheet.lines and not sheet.problems:
        sheet.refuse("EMPTY_FILE", _("There are headings, but no lines below them."))


def _cells(sheet: Sheet, number: int, heads: list[str], cells: list[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for head, cell in zip(heads, cells, strict=False):  # what is left out at the end is empty
        text = QUOTED_FORMULA.sub("", cell.strip())
        if CONTROL.search(text):
            sheet.refuse("CONTROL_CHARACTER", CONTROL_CHARACTER, number, head)
        elif head and text:
            found[head] = text
    return found


TOO_LARGE = _("The file is too large: %(megabytes)s MB are allowed. Please divide it.")
TOO_MANY_LINES = _("Only %(most)s lines can be imported at once. Please divide the file here.")
BAD_QUOTES = _(
    'A quotation mark (") in this line has no partner, or stands in the middle of a cell. Nothing after it can be read.'
)
CELL_COUNT = _("This line has %(count)s cells, but there are %(wanted)s headings.")
CONTROL_CHARACTER = _("This cell contains characters that nobody can see and that we cannot keep.")
