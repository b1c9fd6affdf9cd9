"""Which files one may look at."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, false, select, true
from sqlalchemy.orm import Session, joinedload, undefer

from portal.core.errors import NotFound
from portal.core.permissions import Actor, Permission
from portal.imports.models import ImportRun, RunStatus

MOST_RECENT = 20


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Whoever brings files in sees those of all."""
    return true() if actor.may(Permission.IMPORT_RUN) else false()


def get_run(session: Session, actor: Actor, run_id: int, *, to_change: bool = False) -> ImportRun:
    """A run with its lines and problems; raises NotFound. `to_change` waits for whoever changes it already."""
    statement = (
        select(ImportRun)
        .where(ImportRun.id == run_id, visible_to(actor))
        .options(undefer(ImportRun.lines), undefer(ImportRun.problems))
        .execution_options(populate_existing=True)
    )
    if to_change:
        statement = statement.with_for_update(of=ImportRun)
    run = session.scalar(statement)
    if run is None:
        raise NotFound
    return run


def recent_runs(session: Session, actor: Actor) -> Sequence[ImportRun]:
    """The files of late, the newest first, with who brought them."""
    found = select(ImportRun).where(visible_to(actor)).options(joinedload(ImportRun.account))
    return session.scalars(found.order_by(ImportRun.id.desc()).limit(MOST_RECENT)).all()


def done_before(session: Session, run: ImportRun) -> ImportRun | None:
    """The last time the very same file was brought in, if it was."""
    same = select(ImportRun).where(
        ImportRun.digest == run.digest,
        ImportRun.kind == run.kind,
        ImportRun.status == RunStatus.DONE,
        ImportRun.id != run.id,
    )
    return session.scalar(same.options(joinedload(ImportRun.account)).order_by(ImportRun.id.desc()).limit(1))
