"""Tables as CSV files (RFC 4180), safe to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from flask import Response, stream_with_context

# A cell that begins so is a formula to spreadsheets, whoever wrote it.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
# Without it, spreadsheets take UTF-8 for something else.
MARK = "\ufeff"


def csv_file(name: str, heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """The table as a file to save, written while it is read; None is an empty cell."""
    response = Response(stream_with_context(_lines(heads, rows)), mimetype="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _lines(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield MARK + _line(heads)
    for row in rows:
        yield _line(row)


def _line(cells: Sequence[object]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow([_safe(cell) for cell in cells])
    return line.getvalue()


def _safe(cell: object) -> object:
    """Texts that a spreadsheet would take for a formula are quoted for it; numbers are none."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell
