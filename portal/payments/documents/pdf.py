"""A document drawn as a PDF: A4, with fonts of its own, so that it looks the same and names keep their letters.

Noto Sans writes Latin, Greek, Cyrillic and Devanagari. Where it has no letter, a mark says that one is missing.
"""

import re
import unicodedata
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import cast

from fpdf import FPDF
from fpdf.enums import Align, TableBordersLayout, VAlign, XPos, YPos
from fpdf.fonts import FontFace, TTFFont
from fpdf.prefs import ViewerPreferences

from portal.core import clock
from portal.payments.documents import Column, Paper

FONTS = Path(__file__).resolve().parents[3] / "static" / "vendor"
FAMILY = "notosans"
MARGIN, WIDTH, HALF, GAP = 20.0, 170.0, 80.0, 7.0
INK, SOFT, LINE = (20, 28, 28), (90, 98, 98), (190, 194, 194)
SMALL, NORMAL, LARGE, LARGEST = 8.5, 10, 13, 18
MISSING = "\ufffd"


def drawn(paper: Paper) -> bytes:
    """The file. The same paper gives the same bytes."""
    sheet = Sheet(paper)
    sheet.add_page()
    sheet.draw()
    return bytes(sheet.output())


class Sheet(FPDF):
    """The pages of one paper. Millimetres and points."""

    def __init__(self, paper: Paper) -> None:
        super().__init__(format="A4")
        self._paper = paper
        self.add_font(FAMILY, "", FONTS / "NotoSans_400Regular.ttf")
        self.add_font(FAMILY, "B", FONTS / "NotoSans_700Bold.ttf")
        self._letters = frozenset(cast("TTFFont", self.fonts[FAMILY]).cmap)
        self.set_margin(MARGIN)
        self.c_margin = 0
        self.set_auto_page_break(auto=True, margin=MARGIN + GAP)
        self.set_title(f"{paper.title} {paper.number}")
        self.set_author(paper.issuer[0])
        self.set_lang(paper.language)
        self.set_creation_date(clock.in_utc(paper.made_at))
        self.viewer_preferences = ViewerPreferences(display_doc_title=True)

    def draw(self) -> None:
        """From top to bottom."""
        self._head()
        self._facts()
        self._rows()
        self._totals()
        for note in self._paper.notes:
            self.ln(GAP / 2)
            self._write(note, size=SMALL, colour=SOFT)

    def footer(self) -> None:
        """Its number and that of the page; called by the library at the end of each page, also in mid-table."""
        shaping = self.text_shaping
        self.set_y(-MARGIN)
        counted = self._paper.page_words % {"page": self.page_no(), "pages": self.str_alias_nb_pages}
        self._write(f"{self._paper.number} · {counted}", size=SMALL, colour=SOFT)
        self.text_shaping = shaping

    def _head(self) -> None:
        """Who issued it to the left; what it is, and its number, to the right."""
        name, *lines = self._paper.issuer
        self._write(self._paper.title, size=LARGEST, is_bold=True, x=MARGIN + HALF, align=Align.R)
        self._write(self._paper.number, x=MARGIN + HALF, align=Align.R)
        below = self.y
        self.set_y(MARGIN)
        self._write(name, size=LARGE, is_bold=True, width=HALF)
        for line in lines:
            self._write(line, colour=SOFT, width=HALF)
        self.set_y(max(below, self.y) + GAP)

    def _facts(self) -> None:
        """Each on lines of its own, its label to the left."""
        label_width = WIDTH / 4
        for label, said in self._paper.facts:
            self._write(label, colour=SOFT, width=label_width, stay=True)
            self._write(said, x=MARGIN + label_width)
            self.ln(1)
        self.ln(GAP)

    def _rows(self) -> None:
        """The table; its heads come again on each page."""
        columns = self._paper.columns
        rows = [[self._writable(cell) for cell in cells] for cells in self._paper.rows]
        self._use(NORMAL)
        self._shape("".join(chain.from_iterable(rows)))
        with self.table(
            width=WIDTH,
            col_widths=[column.share for column in columns],
            text_align=[_align(column) for column in columns],
            borders_layout=TableBordersLayout.HORIZONTAL_LINES,
            headings_style=FontFace(emphasis="BOLD"),
            v_align=VAlign.T,
            line_height=NORMAL / 2,
            padding=(1.5, 0),
        ) as table:
            for cells in ([self._writable(column.head) for column in columns], *rows):
                table.row(cells)
        self.ln(GAP / 2)

    def _totals(self) -> None:
        """Below the table, to the right."""
        label_width = WIDTH * 3 / 4
        for total in self._paper.totals:
            is_bold = total.is_strong
            self._write(total.label, is_bold=is_bold, width=label_width, align=Align.R, stay=True)
            self._write(total.figure, is_bold=is_bold, x=MARGIN + label_width, align=Align.R)
            self.ln(1)

    def _write(
        self,
        text: str,
        *,
        size: float = NORMAL,
        is_bold: bool = False,
        colour: Sequence[int] = INK,
        x: float | None = None,
        width: float = 0,
        align: Align = Align.L,
        stay: bool = False,
    ) -> None:
        """Text in as many lines as it takes; then on below it, or, to `stay`, beside it."""
        writable = self._writable(text)
        self._use(size, colour=colour, is_bold=is_bold)
        self._shape(writable)
        self.set_x(MARGIN if x is None else x)
        self.multi_cell(
            width,
            size / 2,
            writable,
            align=align,
            new_x=XPos.LMARGIN,
            new_y=YPos.TOP if stay else YPos.NEXT,
        )

    def _use(self, size: float, *, colour: Sequence[int] = INK, is_bold: bool = False) -> None:
        self.set_font(FAMILY, "B" if is_bold else "", size)
        self.set_text_color(*colour)
        self.set_draw_color(*LINE)

    def _shape(self, text: str) -> None:
        """Let letters change with their neighbours where a script has them do so, as Devanagari has.

        Such texts have marks. Others are drawn letter by letter, so that they can be searched letter by letter.
        """
        self.set_text_shaping(use_shaping_engine=any(unicodedata.category(one)[0] == "M" for one in text))

    def _writable(self, text: str) -> str:
        """The text without what cannot be drawn: letters that the font has not, and marks that print nothing."""
        composed = unicodedata.normalize("NFC", text).replace("\t", " ")
        kept = (one if one == "\n" or ord(one) in self._letters else _in_place_of(one) for one in composed)
        return re.sub(f"{MISSING}+", MISSING, "".join(kept))


def _in_place_of(letter: str) -> str:
    """Pictures, selectors and control characters leave no mark: no name is the poorer without them."""
    return "" if unicodedata.category(letter) in {"Cc", "Cf", "Mn", "Sk", "So"} else MISSING


def _align(column: Column) -> Align:
    return Align.R if column.is_figure else Align.L
