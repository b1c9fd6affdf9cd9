"""Files from another system: looked through without writing anything, and then brought in."""

from flask import Blueprint, g, request

from portal.api.v1.endpoint import endpoint
from portal.api.v1.files import content_sent
from portal.api.v1.representations.base import Answer
from portal.api.v1.representations.imports import ImportQuery, ImportShape, import_shape
from portal.bootstrap import db
from portal.core import clock
from portal.core.errors import Invalid, _
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.reading import takes_up_to
from portal.imports.commands import bring_in, check_file
from portal.imports.queries import get_run
from portal.imports.reading import MOST_BYTES

bp = Blueprint("api_imports", __name__, url_prefix="/imports")
CAN_BE_READ = ("text/csv", "multipart/form-data")


def again(run_id: int) -> ImportShape:
    """The answer to a file that was sent before."""
    return import_shape(get_run(db.session, g.actor, run_id))


@bp.post("")
@endpoint("PAT-02", Answer[ImportShape], Permission.IMPORT_RUN, status=201, is_write=True, again=again)
@takes_up_to(2 * MOST_BYTES)
def create(query: ImportQuery) -> ImportShape:
    """Look through a CSV file: every problem by line and column, and what each line would do. Writes nothing else.

    The body is the file, as text/csv, or a form with the field `file`.
    """
    if request.mimetype not in CAN_BE_READ:
        raise Invalid(details={"body": _("Send the file as text/csv.")})
    upload = request.files.get("file")
    run = check_file(
        db.session,
        by=g.actor,
        kind=query.kind,
        content=content_sent(),
        file_name=(upload.filename if upload else "") or "",
        region=settings().default_region,
        at=clock.now(),
    )
    return import_shape(run)


@bp.get("/<int:run_id>")
@endpoint("PAT-02", Answer[ImportShape], Permission.IMPORT_RUN)
def show(run_id: int) -> ImportShape:
    """Read what was found in a file, and whether it was brought in."""
    return import_shape(get_run(db.session, g.actor, run_id))


@bp.post("/<int:run_id>/run")
@endpoint("PAT-02", Answer[ImportShape], Permission.IMPORT_RUN, is_write=True, in_steps=True)
def run(run_id: int) -> ImportShape:
    """Bring the file in: all of it, or nothing. Safe to repeat.

    409 with IMPORT_HAS_PROBLEMS when it is to be mended first, IMPORT_CHANGED when something has changed since it was
    looked through: then read it again.
    """
    region = settings().default_region
    return import_shape(bring_in(db.session, run_id, by=g.actor, region=region, at=clock.now()))
