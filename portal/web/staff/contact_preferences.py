"""How a patient wants to be told, as they tell the staff."""

from flask import Response, flash, g, request
from flask_babel import gettext

from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.delivery.looks import note_look
from portal.people.queries import get_visible_patient
from portal.web.admin.centre_form import time_zones
from portal.web.contact_preferences import ContactPreferencesForm
from portal.web.rendering import page, redirect_to
from portal.web.staff import bp


@bp.route("/patients/<int:patient_id>/contact-preferences", methods=["GET", "POST"])
@requires(Permission.PATIENT_EDIT)
def contact_preferences(patient_id: int) -> Response:
    patient = get_visible_patient(db.session, g.actor, patient_id)
    if request.method == "GET":
        note_look("patient", patient.id, patient.id)
    form = ContactPreferencesForm.of(patient, language=None, time_zone=None)
    if request.method == "POST" and form.validate() and form.save(patient):
        flash(gettext("Saved."), "success")
        return redirect_to("staff.patient", patient_id=patient_id)
    return page(
        "staff/patients/contact_preferences.html",
        patient=patient,
        form=form,
        time_zones=time_zones(clock.now()),
        status=422 if form.errors else 200,
    )
