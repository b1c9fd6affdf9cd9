"""Files that are brought in, as programs see them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext
from pydantic import Field

from portal.api.v1.representations.base import Query, Shape
from portal.imports.models import ImportRun, Kind, RunStatus


class ImportQuery(Query):
    kind: Kind = Field(description="What the file is about; clinicians come before their hours.")


class ImportProblemShape(Shape):
    line: int | None = Field(
        description="As spreadsheets count, the headings are line 1; null for the whole file."
    )
    column: str = Field(description="As the headings name it; empty for a whole line.")
    code: str = Field(examples=["BAD_PHONE"])
    message: str


class ImportCounts(Shape):
    """Lines, and problems of them."""

    new: int
    unchanged: int
    faulty: int
    problems: int


class ImportShape(Shape):
    id: int
    kind: Kind
    status: RunStatus = Field(
        description="FAULTY is to be mended and sent again, READY can be run, DONE was."
    )
    counts: ImportCounts
    problems: list[ImportProblemShape] = Field(description="All of them; deleted after some days.")
    encoding: str = Field(description="How its letters were read.")
    created_at: datetime
    done_at: datetime | None


def import_shape(run: ImportRun) -> ImportShape:
    return ImportShape(
        id=run.id,
        kind=Kind(run.kind),
        status=RunStatus(run.status),
        counts=ImportCounts(
            new=run.new_count,
            unchanged=run.unchanged_count,
            faulty=run.faulty_count,
            problems=run.problem_count,
        ),
        problems=[_problem(problem) for problem in run.problems],
        encoding=run.encoding,
        created_at=run.created_at,
        done_at=run.done_at,
    )


def _problem(problem: Mapping[str, Any]) -> ImportProblemShape:
    message = gettext(problem["message"], **problem["values"])
    return ImportProblemShape(
        line=problem["line"], column=problem["column"], code=problem["code"], message=message
    )
