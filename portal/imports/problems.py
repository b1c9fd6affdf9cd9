"""What is wrong with a file, said by line and column."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Problem:
    """`line` is counted as spreadsheets do, None for the file as a whole; `values` fill the message's placeholders."""

    code: str
    message: str
    line: int | None = None
    column: str = ""
    values: Mapping[str, str | int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """As it is kept with the run."""
        return {
            "line": self.line,
            "column": self.column,
            "code": self.code,
            "message": self.message,
            "values": dict(self.values),
        }


class BadCell(Exception):
    """A cell that cannot be used: as a Problem, whose line and column whoever reads the cell knows."""

    def __init__(self, code: str, message: str, **values: str | int) -> None:
        super().__init__(code)
        self.code, self.message, self.values = code, message, values


def shown(text: str) -> str:
    """What somebody wrote, short enough to be shown in a sentence, without what cannot be seen."""
    tidy = "".join(filter(str.isprintable, " ".join(text.split())))
    return tidy if len(tidy) <= LONGEST_SHOWN else f"{tidy[:LONGEST_SHOWN]}…"
