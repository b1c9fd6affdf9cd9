"""Booking rules: how early, how far ahead and until when patients may book and cancel."""

from typing import Any

from flask import Response, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.scheduling.commands import change_booking_rules
from portal.scheduling.queries import booking_rules
from portal.web.forms import Form, Needed, WholeNumberField
from portal.web.rendering import changed
from portal.web.staff.schedules import bp
from portal.web.staff.schedules.scope import show, the_clinician
from portal.web.staff.schedules.stranding import checked, is_checking

NEEDED = Needed(_("Enter a number"))


class RulesForm(Form):
    notice_hours = WholeNumberField(
        _("Notice before a visit, in hours"),
        [NEEDED],
        most=720,
        description=_("Patients cannot book a time that is nearer than this. Staff can."),
    )
    advance_days = WholeNumberField(
        _("How far ahead, in days"),
        [NEEDED],
        least=1,
        most=730,
        description=_("Patients cannot book a time that is further away than this. Staff can."),
    )
    deadline_hours = WholeNumberField(
        _("Cancelling and moving, in hours before the visit"),
        [NEEDED],
        most=720,
        description=_("Until then patients cancel without a fee and move their visit themselves."),
    )


@bp.route("/rules", methods=["GET", "POST"])
@requires(Permission.AVAILABILITY_EDIT)
def rules(clinician_id: int) -> Response:
    """The booking rules as they are, or as they shall be from now on."""
    clinician = the_clinician(clinician_id)
    form = RulesForm(obj=booking_rules(db.session, clinician.id))
    if request.method == "GET" or not form.validate():
        return show(
            "staff/schedules/rules.html", clinician, form=form, status=200 if request.method == "GET" else 422
        )
    wanted: dict[str, Any] = {
        name: form[name].data for name in ("notice_hours", "advance_days", "deadline_hours")
    }

    def change() -> None:
        change_booking_rules(db.session, clinician, at=clock.now(), **wanted)

    if is_checking():
        return show("staff/schedules/rules.html", clinician, form=form, check=checked(clinician, change))
    in_transaction(db.session, change)
    return changed(then="schedules.rules", values={"clinician_id": clinician.id}, message=gettext("Saved."))
