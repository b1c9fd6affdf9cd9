"""Whatever program wrote the file, what stands in it is read; and what cannot be read is said, line by line."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.imports.reading import MOST_BYTES, MOST_LINES, Line, Sheet, read

COLUMNS = ["full_name", "phone", "email"]
# What a cell can hold: no control characters, and nothing a spreadsheet would have quoted or trimmed.
LETTERS = st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n") | st.sampled_from(',;"\t|')
CELLS = (
    st.text(LETTERS, max_size=12)
    .map(str.strip)
    .filter(lambda cell: not cell.startswith("'") and "\t" not in cell)
)
ROWS = st.lists(st.fixed_dictionaries(dict.fromkeys(COLUMNS, CELLS)), max_size=6)


def _read(content: str | bytes) -> Sheet:
    sent = content.encode() if isinstance(content, str) else content
    return read(sent, COLUMNS, ["full_name"])


def _faults(content: str | bytes) -> list[tuple[int | None, str, str]]:
    return [(one.line, one.column, one.code) for one in _read(content).problems]


def _write(rows: list[dict[str, str]], separator: str, line_end: str) -> str:
    file = io.StringIO()
    writer = csv.writer(file, delimiter=separator, lineterminator=line_end, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    writer.writerows([row[name] for name in COLUMNS] for row in rows)
    return file.getvalue()


@given(
    rows=ROWS,
    separator=st.sampled_from(",;\t"),
    line_end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_what_was_written_is_read(
    rows: list[dict[str, str]], separator: str, line_end: str, encoding: str
) -> None:
    sheet = _read(_write(rows, separator, line_end).encode(encoding))
    filled = [
        Line(number, {name: cell for name, cell in row.items() if cell})
        for number, row in enumerate(rows, 2)
        if any(row.values())
    ]
    assert sheet.lines == filled
    assert [one.code for one in sheet.problems] == ([] if filled else ["EMPTY_FILE"])


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"), ("cp1252", "Windows-1252"),
    ],
)  # fmt: skip
def test_letters_are_read_as_they_were_written(encoding: str, name: str) -> None:
    sheet = _read("full_name,phone\nZoë Fauré,1".encode(encoding))
    assert (sheet.lines, sheet.encoding) == ([Line(2, {"full_name": "Zoë Fauré", "phone": "1"})], name)


@pytest.mark.parametrize(
    "heading", ["Full name;E-mail", " FULL_NAME ; email", "sep=;\nfull name;email", "\nfull_name;email;;"]
)
def test_headings_are_understood_as_people_write_them(heading: str) -> None:
    assert [line.cells for line in _read(f"{heading}\nAna;ana@example.org;;").lines] == [
        {"full_name": "Ana", "email": "ana@example.org"}
    ]


def test_lines_are_counted_as_spreadsheets_count_them() -> None:
    lines = _read('full_name,phone\n\n"Ana\nMaria",1\n\n\'+44 1,\n').lines
    assert [(line.number, line.cells["full_name"]) for line in lines] == [(3, "Ana\nMaria"), (5, "+44 1")]


@pytest.mark.parametrize(
    ("content", "faults"),
    [
        ("", [(None, "", "EMPTY_FILE")]),
        (" \n\n", [(None, "", "EMPTY_FILE")]),
        ("full_name,phone\n", [(None, "", "EMPTY_FILE")]),
        (b"PK\x03\x04 and so on", [(None, "", "IS_SPREADSHEET")]),
        (b"full_name\n\x81\x8d", [(None, "", "BAD_ENCODING")]),
        ("full_name\n".encode("utf-16") + b"\x00", [(None, "", "BAD_ENCODING")]),
        (b"x" * (MOST_BYTES + 1), [(None, "", "FILE_TOO_LARGE")]),
        ("fone\n1", [(1, "fone", "UNKNOWN_COLUMN"), (1, "full_name", "MISSING_COLUMN")]),
        ("full_name,phone,Phone\nAna,1,2", [(1, "phone", "COLUMN_TWICE")]),
        ("full_name,,phone\nAna,1,2", [(1, "", "UNKNOWN_COLUMN")]),
        ("full_name,b\0ad,,\nAna", [(1, "bad", "UNKNOWN_COLUMN")]),
        ("full_name,bad,,phone\nAna", [(1, "bad", "UNKNOWN_COLUMN"), (1, "", "UNKNOWN_COLUMN")]),
        ("full_name,phone\nAna,1\nFull name,Phone\nBo,2", [(3, "", "HEADING_TWICE")]),
        ("full_name,phone\nAna,1,2", [(2, "", "CELL_COUNT")]),
        ('full_name,phone\nAna,1\n"Bo,2\nCy,3', [(3, "", "BAD_QUOTES")]),
        ('full_name,phone\n"Bo" x,2', [(2, "", "BAD_QUOTES")]),
        ("full_name,phone\nA\0na,1", [(2, "full_name", "CONTROL_CHARACTER")]),
        ("full_name,phone\nAna,\x1b2", [(2, "phone", "CONTROL_CHARACTER")]),
        ("full_name\n" + "Ana\n" * (MOST_LINES + 2), [(MOST_LINES + 2, "", "TOO_MANY_LINES")]),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_named_by_line_and_column(
    content: str | bytes, faults: list[tuple[int | None, str, str]]
) -> None:
    assert _faults(content) == faults


def test_a_misspelt_heading_is_answered_with_the_likely_one() -> None:
    assert [dict(one.values) for one in _read("full_name,fone\nAna,1").problems] == [{"close": "phone"}]
