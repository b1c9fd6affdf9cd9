"""Files from another system: chosen, looked through without writing anything, mended, and then brought in."""

from typing import Any

from flask import Response, flash, g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from flask_wtf.file import FileField, FileRequired

from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import NotFound
from portal.core.pagination import Page
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.access import requires
from portal.delivery.reading import takes_up_to
from portal.delivery.spreadsheets import csv_file
from portal.imports.commands import KEPT_FOR, bring_in, check_file
from portal.imports.errors import ImportChanged, ImportEmptied, ImportHasProblems
from portal.imports.kinds import IMPORTERS
from portal.imports.models import ImportRun, Kind
from portal.imports.queries import done_before, get_run, recent_runs
from portal.imports.reading import MOST_BYTES, MOST_LINES
from portal.web.admin import bp
from portal.web.arguments import page_number
from portal.web.forms import Form
from portal.web.import_labels import SORTS, problem_words, sort_of
from portal.web.rendering import page, redirect_to

SORT = "<any(clinicians, hours, patients):sort>"
TOO_LARGE_TO_READ = 2 * MOST_BYTES
"""Up to here a file that is too large is refused in words, on the page."""
SHOWN = 50


class FileForm(Form):
    file = FileField(_("File"), [FileRequired(_("Choose a file"))])


@bp.get("/imports")
@requires(Permission.IMPORT_RUN)
def imports() -> Response:
    """What can be brought in, in which order, and the files of late."""
    return page(
        "admin/imports/index.html",
        runs=recent_runs(db.session, g.actor),
        zone=clock.zone(settings().default_time_zone),
        days=KEPT_FOR.days,
    )


@bp.route(f"/imports/{SORT}", methods=["GET", "POST"])
@requires(Permission.IMPORT_RUN)
@takes_up_to(TOO_LARGE_TO_READ)
def new_import(sort: str) -> Response:
    """Which columns a file has, and where to choose it. Choosing it writes nothing but what it would do."""
    form = FileForm()
    if request.method == "POST" and form.validate():
        return redirect_to("admin.import_run", run_id=_checked(SORTS[sort], form).id)
    return page(
        "admin/imports/new.html",
        sort=sort,
        importer=IMPORTERS[SORTS[sort]],
        form=form,
        most_lines=MOST_LINES,
        megabytes=MOST_BYTES // 1024 // 1024,
        status=422 if form.errors else 200,
    )


@bp.get(f"/imports/{SORT}/example.csv")
@requires(Permission.IMPORT_RUN)
def import_example(sort: str) -> Response:
    """A file with all columns and a line or two, to be filled."""
    importer = IMPORTERS[SORTS[sort]]
    rows = ([line.get(name, "") for name in importer.names] for line in importer.example)
    return csv_file(f"{sort}-example.csv", importer.names, rows)


@bp.get("/imports/<int:run_id>")
@requires(Permission.IMPORT_RUN)
def import_run(run_id: int) -> Response:
    """What the dry run found: problems to mend, or what each line will do; and afterwards what it did."""
    run = get_run(db.session, g.actor, run_id)
    return page(
        "admin/imports/show.html",
        run=run,
        sort=sort_of(run.kind),
        found=_part(run),
        form=FileForm(),
        before=done_before(db.session, run),
        columns=IMPORTERS[Kind(run.kind)].names,
        days=KEPT_FOR.days,
        zone=clock.zone(settings().default_time_zone),
    )


@bp.get("/imports/<int:run_id>/problems.csv")
@requires(Permission.IMPORT_RUN)
def import_problems(run_id: int) -> Response:
    """All problems as a file, to mend them one after the other."""
    run = get_run(db.session, g.actor, run_id)
    rows = [[one["line"], one["column"], problem_words(one)] for one in run.problems]
    return csv_file("problems.csv", [gettext("Line"), gettext("Column"), gettext("Problem")], rows)


@bp.post("/imports/<int:run_id>/run")
@requires(Permission.IMPORT_RUN)
def run_import(run_id: int) -> Response:
    """Bring it in. When something has changed since it was shown, nothing is written and the new state is shown."""
    try:
        bring_in(db.session, run_id, by=g.actor, region=settings().default_region, at=clock.now())
    except (ImportChanged, ImportEmptied, ImportHasProblems) as refusal:
        flash(gettext(refusal.message), "warning")
    return redirect_to("admin.import_run", run_id=run_id)


def _checked(kind: Kind, form: FileForm) -> ImportRun:
    with form.file.data.stream as sent:
        content = sent.read()
    facts: dict[str, Any] = {
        "by": g.actor,
        "kind": kind,
        "content": content,
        "file_name": form.file.data.filename or "",
        "region": settings().default_region,
        "at": clock.now(),
    }
    return in_transaction(db.session, lambda: check_file(db.session, **facts))


def _part(run: ImportRun) -> Page[dict[str, Any]]:
    """A page of its problems, or of its lines when there are none; raises NotFound for a page behind the last."""
    rows, number = run.problems or run.lines, page_number()
    if number > 1 and not rows[(number - 1) * SHOWN :]:
        raise NotFound
    return Page(rows[(number - 1) * SHOWN : number * SHOWN], number, SHOWN, len(rows))
