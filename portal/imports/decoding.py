"""From the bytes of a file to its text, and a guess at nothing: what cannot be read for certain is said."""

import codecs
from dataclasses import dataclass

from portal.core.errors import _
from portal.imports.problems import BadCell

MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# xlsx and ods are zip files; xls is an older container.
SPREADSHEETS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
NAMES = {"utf-8": "UTF-8", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", "cp1252": "Windows-1252"}


@dataclass(frozen=True)
class Decoded:
    """`encoding` is its name for people."""

    text: str
    encoding: str


def decode(content: bytes) -> Decoded:
    """The text of a file with line ends of one kind; raises BadCell for what is no text we can read.

    UTF-8 and UTF-16 are known by their mark or their bytes; what is neither can only be Windows-1252.
    """
    if not content.strip():
        raise BadCell("EMPTY_FILE", _("The file is empty."))
    if content.startswith(SPREADSHEETS):
        raise BadCell(
            "IS_SPREADSHEET",
            _(
                "This is a spreadsheet, not a CSV file. Open it and save it as “CSV UTF-8”, then choose that file."
            ),
        )
    text, encoding = _decoded(content)
    return Decoded(text.replace("\r\n", "\n").replace("\r", "\n"), NAMES[encoding])


def _decoded(content: bytes) -> tuple[str, str]:
    for mark, encoding in MARKS:
        if content.startswith(mark):
            return _strictly(content[len(mark) :], encoding), encoding
    # Two bytes a letter and no mark: every other byte of a heading is zero.
    if content[1:8:2] == b"\0\0\0\0"[: len(content[1:8:2])] and len(content) > 1:
        return _strictly(content, "utf-16-le"), "utf-16-le"
    if content[0:8:2] == b"\0\0\0\0"[: len(content[0:8:2])]:
        return _strictly(content, "utf-16-be"), "utf-16-be"
    try:
        return content.decode("utf-8"), "utf-8"
    except UnicodeDecodeError:
        return _strictly(content, "cp1252"), "cp1252"


def _strictly(content: bytes, encoding: str) -> str:
    try:
        return content.decode(encoding)
    except UnicodeDecodeError:
        raise BadCell(
            "BAD_ENCODING",
            _("We cannot read the letters in this file. Save it as “CSV UTF-8” and choose it again."),
        ) from None
