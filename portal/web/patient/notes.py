"""What a patient wants the clinician to know, until the appointment begins."""

from flask import Response, flash, g, request
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.appointments import commands, queries
from portal.appointments.errors import InvalidStateTransition
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.web.forms import Form, LongTextField
from portal.web.own_cancelling import can_change
from portal.web.patient import bp
from portal.web.rendering import page, redirect_to


class PatientNotesForm(Form):
    questions = LongTextField(
        _("Questions for the clinician"),
        longest=1000,
        description=_("What would you like to have answered?"),
        render_kw={"rows": 4},
    )
    patient_notes = LongTextField(
        _("Anything else they should know"),
        longest=1000,
        description=_("For example what you need at the centre, or how best to reach you."),
        render_kw={"rows": 4},
    )


@bp.route("/appointments/<int:appointment_id>/notes", methods=["GET", "POST"])
@requires(Permission.APPOINTMENT_BOOK_OWN)
def notes(appointment_id: int) -> Response:
    appointment = queries.get_visible(db.session, g.actor, appointment_id)
    if not can_change(appointment):
        raise InvalidStateTransition
    form = PatientNotesForm(obj=appointment)
    if request.method == "GET" or not form.validate():
        status = 200 if request.method == "GET" else 422
        return page("patient/appointments/notes.html", appointment=appointment, form=form, status=status)
    in_transaction(
        db.session,
        lambda: commands.edit(
            db.session,
            appointment,
            by=g.actor,
            at=clock.now(),
            questions=form.questions.data,
            patient_notes=form.patient_notes.data,
        ),
    )
    flash(gettext("Saved. Your clinician sees it before you meet."), "success")
    return redirect_to("patient.appointment", appointment_id=appointment_id)
