"""Coming appointments that nobody is there to keep: all in one place, to be moved one by one or cancelled together."""

from collections.abc import Collection, Sequence
from functools import partial

from flask import Response, flash, g, request
from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _

from portal.appointments import commands
from portal.appointments.affected import Affected, Cause, affected
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import PortalError
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.web.cancelling import cancel
from portal.web.rendering import page, redirect_to
from portal.web.staff import bp
from portal.web.staff.appointments import find
from portal.web.staff.cancellations import StaffCancellationForm

CAUSES = {
    Cause.CLINICIAN_OFF: _("The clinician is switched off"),
    Cause.CENTRE_OFF: _("The centre is switched off"),
    Cause.HOLIDAY: _("The centre is closed that day"),
    Cause.LEAVE: _("The clinician is away"),
    Cause.OUTSIDE_HOURS: _("Outside working hours"),
}
MOST = 200
"""So many are shown at once, and can be cancelled at once."""


@bp.get("/staff/affected")
@requires(Permission.APPOINTMENT_VIEW)
def affected_appointments() -> Response:
    """Those of a clinician, of a centre or of the practice, each with why nobody is there."""
    return _show(_found())


@bp.post("/staff/affected/move-request")
@requires(Permission.APPOINTMENT_CANCEL)
def affected_move_request() -> Response:
    """Ask the patients of the chosen ones, or of the `only` one, to choose another time; each once a day."""
    found = _found()
    only = request.form.get("only")
    wanted = _ids([only] if only else request.form.getlist("appointment"))
    chosen = [one for one in found if one.appointment.id in wanted]
    if not chosen:
        return _show(found, mistake=gettext("Choose at least one appointment."))
    _ask_all([one.appointment.id for one in chosen if one.can_be_asked], len(chosen))
    return redirect_to("staff.affected_appointments")


def _ask_all(ids: Collection[int], wanted: int) -> None:
    """Each by itself, so that one who cannot be told keeps no other from being asked."""
    asked = 0
    for appointment_id in ids:
        try:
            in_transaction(db.session, partial(_ask, appointment_id))
            asked += 1
        except PortalError:
            db.session.expire_all()
    said = "%(num)s patient is asked to choose another time."
    if asked:
        flash(ngettext(said, "%(num)s patients are asked to choose another time.", asked), "success")
    if asked < wanted:
        flash(
            ngettext(
                "%(num)s was not asked: asked today already, nobody to tell, or no other time with that clinician "
                "there.",
                "%(num)s were not asked: asked today already, nobody to tell, or no other time with that clinician "
                "there.",
                wanted - asked,
            ),
            "warning",
        )


def _ask(appointment_id: int) -> None:
    commands.ask_to_move(db.session, find(appointment_id), by=g.actor, at=clock.now())


@bp.post("/staff/affected/cancellation")
@requires(Permission.APPOINTMENT_CANCEL)
def affected_cancellation() -> Response:
    """What cancelling the chosen ones means; then, with a reason, cancelling them one after the other.

    What somebody else has moved or cancelled meanwhile is left as it is.
    """
    chosen = [one for one in _found() if one.appointment.id in _ids(request.form.getlist("appointment"))]
    if not chosen:
        return _show(_found(), mistake=gettext("Choose at least one appointment."))
    form = StaffCancellationForm()
    is_confirmed = "confirmed" in request.form
    if not is_confirmed or not form.validate():
        return page(
            "staff/affected/cancellation.html",
            chosen=chosen,
            causes=CAUSES,
            form=form,
            status=422 if is_confirmed else 200,
        )
    _cancel_all([one.appointment.id for one in chosen], form.reason.data)
    return redirect_to("staff.affected_appointments")


def _cancel_all(ids: Collection[int], reason: str) -> None:
    """Each by itself, so that one that cannot be cancelled keeps no other from it."""
    done = left = 0
    for appointment_id in ids:
        try:
            done += cancel(find(appointment_id), reason) is not None
        except PortalError:
            left += 1
    said = "%(num)s appointment is cancelled, and its patient is told."
    flash(ngettext(said, "%(num)s appointments are cancelled, and their patients are told.", done), "success")
    if left:
        flash(
            ngettext(
                "%(num)s had changed meanwhile and was left as it is.",
                "%(num)s had changed meanwhile and were left as they are.",
                left,
            ),
            "warning",
        )


def _found() -> list[Affected]:
    return affected(db.session, g.actor, at=clock.now())


def _show(found: list[Affected], mistake: str = "") -> Response:
    return page(
        "staff/affected/index.html",
        found=found[:MOST],
        more=max(len(found) - MOST, 0),
        causes=CAUSES,
        now=clock.now(),
        mistake=mistake,
        status=422 if mistake else 200,
    )


def _ids(given: Sequence[str]) -> set[int]:
    return {int(text) for text in given[:MOST] if text.isascii() and text.isdecimal() and len(text) < 19}
