"""Patients about themselves: their details, the phone they sign in with, and who looked at their record."""

from flask import Response, flash, g, request
from flask_babel import gettext

from portal.audit.queries import entries_about_patient
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Invalid
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.notifications.preferences import ways_of
from portal.people import commands
from portal.people.models import Patient
from portal.people.queries import get_visible_patient
from portal.web.patient import bp
from portal.web.rendering import page, redirect_to
from portal.web.staff.patient_forms import PatientForm

ENTRIES = 20


class ProfileForm(PatientForm):
    phone = None  # type: ignore[assignment]  # it is what one signs in with, and changes by a code


@bp.route("/profile", methods=["GET", "POST"])
@requires(Permission.PATIENT_PROFILE_OWN)
def profile() -> Response:
    patient = own_record()
    form = ProfileForm(obj=patient)
    if request.method == "GET":
        return _show(patient, form)
    if not form.validate():
        return _show(patient, form, status=422)
    try:
        in_transaction(
            db.session,
            lambda: commands.edit_own_profile(
                db.session, patient, by=g.actor, at=clock.now(), **form.facts()
            ),
        )
    except Invalid as refusal:
        form.refuse(refusal.details)
        return _show(patient, form, status=422)
    flash(gettext("Your details are saved."), "success")
    return redirect_to("patient.profile")


def own_record() -> Patient:
    """The signed-in patient's record."""
    return get_visible_patient(db.session, g.actor, g.actor.patient_id)


def _show(patient: Patient, form: ProfileForm, status: int = 200) -> Response:
    entries = entries_about_patient(db.session, patient.id, ENTRIES)
    return page(
        "patient/profile/show.html",
        patient=patient,
        form=form,
        channels=ways_of(db.session, patient).in_use,
        audit_entries=entries,
        status=status,
    )
