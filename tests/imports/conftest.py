"""Those who bring files in."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from sqlalchemy.orm import Session

from portal.imports.commands import bring_in, check_file
from portal.imports.models import ImportRun, Kind
from tests.cast import Cast
from tests.conftest import NOW

Check = Callable[..., ImportRun]
BringIn = Callable[[ImportRun], ImportRun]


@pytest.fixture
def cast(session: Session) -> Cast:
    return Cast(session)


@pytest.fixture
def check(session: Session, cast: Cast) -> Check:
    """The dry run of a text or of bytes, as Max the manager has it."""

    def dry_run(kind: Kind, content: str | bytes, **changes: Any) -> ImportRun:
        facts: dict[str, Any] = {
            "by": cast.max,
            "file_name": "people.csv",
            "region": "GB",
            "at": NOW,
            **changes,
        }
        sent = content.encode() if isinstance(content, str) else content
        return check_file(session, kind=kind, content=sent, **facts)

    return dry_run


@pytest.fixture
def into(session: Session, cast: Cast) -> BringIn:
    """Bring a checked file in, as Max."""
    return lambda run: bring_in(session, run.id, by=cast.max, region="GB", at=NOW)


def faults(run: ImportRun) -> list[tuple[int | None, str, str]]:
    """Line, column and code of each problem, in the order they are shown."""
    return [(one["line"], one["column"], one["code"]) for one in run.problems]


def outcomes(run: ImportRun) -> dict[int, str]:
    """What becomes of each line."""
    return {line["line"]: line["outcome"] for line in run.lines}


def table(heads: Sequence[str], *rows: Mapping[str, str]) -> str:
    """A file with these columns."""
    return "\n".join(
        [",".join(heads), *(",".join(f'"{row.get(head, "")}"' for head in heads) for row in rows)]
    )
