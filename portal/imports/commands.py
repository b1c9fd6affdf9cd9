"""Bringing in a file in two steps: a dry run that writes nothing, then all of it or nothing."""

import hashlib
from datetime import datetime, timedelta
from pathlib import PurePath

from sqlalchemy import func, select, true, update
from sqlalchemy.orm import Session

from portal.core.db import in_transaction
from portal.core.errors import Duplicate
from portal.core.events import publish
from portal.core.permissions import Actor
from portal.imports.columns import Entry, Setting, understand
from portal.imports.errors import ImportChanged, ImportEmptied, ImportHasProblems
from portal.imports.events import FileBroughtIn
from portal.imports.kinds import IMPORTERS
from portal.imports.models import ImportRun, Kind, Outcome, RunStatus
from portal.imports.problems import Problem, shown
from portal.imports.queries import get_run
from portal.imports.reading import Line, read

KEPT_FOR = timedelta(days=7)
LONGEST_WAIT = "60s"
"""Whoever presses twice waits for the first to end, which for thousands of lines is longer than any page takes."""

IMPORT_LOCK = 774_219  # any number, the same in every copy


def check_file(
    session: Session, *, by: Actor, kind: Kind, content: bytes, file_name: str, region: str, at: datetime
) -> ImportRun:
    """The dry run of a file: what each line would do, and all that is in the way. Writes nothing but this.

    `region` (ISO 3166) is where phones without a country code belong.
    """
    importer = IMPORTERS[kind]
    sheet = read(content, importer.names, importer.needed)
    run = ImportRun(
        kind=kind,
        file_name=shown(PurePath(file_name.replace("\\", "/")).name),
        encoding=sheet.encoding,
        digest=hashlib.sha256(content).hexdigest(),
        account_id=by.account_id,
        created_at=at,
    )
    entries = _check(session, kind, sheet.lines, Setting(at, region, by))
    _note(run, sheet.lines, entries, sheet.problems, at)
    session.add(run)
    session.flush()
    return run


def bring_in(session: Session, run_id: int, *, by: Actor, region: str, at: datetime) -> ImportRun:
    """Write what is new in a file, in transactions of its own: all of it, or nothing. Safe to repeat.

    The file is checked once more, and nothing is written unless all is as the dry run showed it. Raises NotFound,
    ImportHasProblems, ImportEmptied, and ImportChanged when the run now shows something else.
    """

    def once() -> tuple[ImportRun, bool]:
        return _bring_in(session, run_id, by, region, at)

    try:
        run, is_as_shown = in_transaction(session, once)
    except Duplicate:  # somebody was added while this was being written; now the check finds them
        run, is_as_shown = in_transaction(session, once)
    if not is_as_shown:
        raise ImportChanged
    return run


def forget_old_lines(session: Session, *, at: datetime) -> None:
    """What stood in a file is about people and is not kept; that it was brought in, and the counts, are."""
    is_old = (ImportRun.created_at < at - KEPT_FOR) & ImportRun.emptied_at.is_(None)
    session.execute(
        update(ImportRun).where(is_old).values(lines=[], problems=[], file_name="", emptied_at=at)
    )


def _bring_in(session: Session, run_id: int, by: Actor, region: str, at: datetime) -> tuple[ImportRun, bool]:
    """The run, and whether it is as it was shown; one file at a time, whatever is in them."""
    for limit in ("lock_timeout", "statement_timeout"):
        session.execute(select(func.set_config(limit, LONGEST_WAIT, true())))
    session.execute(select(func.pg_advisory_xact_lock(IMPORT_LOCK)))
    run = get_run(session, by, run_id, to_change=True)
    if run.status == RunStatus.DONE:
        return run, True
    if run.emptied_at is not None:
        raise ImportEmptied
    if run.status == RunStatus.FAULTY:
        raise ImportHasProblems
    lines = [Line(line["line"], line["cells"]) for line in run.lines]
    entries = _check(session, Kind(run.kind), lines, Setting(at, region, by, is_final=True))
    if [entry.outcome for entry in entries] != [line["outcome"] for line in run.lines]:
        _note(run, lines, entries, [], at)
        return run, False
    new = [entry for entry in entries if entry.outcome is Outcome.NEW]
    IMPORTERS[Kind(run.kind)].write(session, new, by=by, at=at)
    run.status, run.done_at = RunStatus.DONE, at
    session.flush()
    publish(session, FileBroughtIn(run.id, run.kind, run.new_count, by, at))
    return run, True


def _check(session: Session, kind: Kind, lines: list[Line], setting: Setting) -> list[Entry]:
    importer = IMPORTERS[kind]
    entries = [understand(line, importer.columns, setting) for line in lines]
    importer.check(session, entries, setting)
    return entries


def _note(
    run: ImportRun, lines: list[Line], entries: list[Entry], of_file: list[Problem], at: datetime
) -> None:
    """What the check found, problems in the order of the file."""
    problems = [*of_file, *(problem for entry in entries for problem in entry.problems)]
    order = {name: number for number, name in enumerate(IMPORTERS[Kind(run.kind)].names)}
    problems.sort(key=lambda problem: (problem.line or 0, order.get(problem.column, 0)))
    outcomes = [entry.outcome for entry in entries]
    run.status = RunStatus.FAULTY if problems else RunStatus.READY
    run.lines = [
        {"line": line.number, "cells": line.cells, "outcome": outcome}
        for line, outcome in zip(lines, outcomes, strict=True)
    ]
    run.problems = [problem.as_json() for problem in problems]
    run.new_count, run.unchanged_count = outcomes.count(Outcome.NEW), outcomes.count(Outcome.UNCHANGED)
    run.faulty_count, run.problem_count = len({problem.line for problem in problems}), len(problems)
    run.checked_at = at
