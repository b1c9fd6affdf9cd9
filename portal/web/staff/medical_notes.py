"""Medical notes of a patient: read, written, and put right by what is added to them."""

from flask import Response, flash, g
from flask_babel import gettext
from flask_babel import lazy_gettext as _

from portal.appointments import queries
from portal.appointments.models import Appointment
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Invalid
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.delivery.looks import note_look
from portal.people.models import Patient
from portal.people.queries import get_visible_patient
from portal.records.commands import write_note
from portal.records.models import LONGEST, MedicalNote
from portal.records.queries import get_note, notes_about
from portal.web.arguments import check_is_page, page_number
from portal.web.filters import date_time
from portal.web.form_keys import form_key
from portal.web.forms import Form, LongTextField, SelectField
from portal.web.rendering import page, redirect_to
from portal.web.staff import bp

MOST_VISITS = 20


class AddendumForm(Form):
    note = LongTextField(_("Note"), longest=LONGEST, render_kw={"rows": 6})


class MedicalNoteForm(AddendumForm):
    appointment_id = SelectField(_("About the visit"), default="")

    @classmethod
    def about(cls, patient: Patient) -> "MedicalNoteForm":
        """With the patient's latest visits that the actor may see."""
        form = cls()
        newest = queries.listed(g.actor, queries.Filters(patient_id=patient.id), clock.now())
        newest = newest.order_by(None).order_by(Appointment.starts_at.desc(), Appointment.id)
        visits = db.session.scalars(newest.limit(MOST_VISITS))
        said = [(str(one.id), f"{date_time(one.starts_at, one.zone)}, {one.service.title}") for one in visits]
        form.appointment_id.choices = [("", gettext("No visit in particular")), *said]
        return form

    @property
    def visit_id(self) -> int | None:
        return int(self.appointment_id.data) if self.appointment_id.data else None


@bp.route("/patients/<int:patient_id>/medical-notes", methods=["GET", "POST"])
@requires(Permission.MEDICAL_NOTE_WRITE)
def medical_notes(patient_id: int) -> Response:
    """All notes about the patient, newest first; each look at them is audited."""
    patient = get_visible_patient(db.session, g.actor, patient_id)
    form = MedicalNoteForm.about(patient)
    if _is_written(patient, form):
        return redirect_to("staff.medical_notes", patient_id=patient.id)
    found = notes_about(db.session, g.actor, patient, page=page_number())
    check_is_page(found)
    note_look("medical_note", patient.id, patient.id)
    return page(
        "staff/patients/medical_notes.html",
        patient=patient,
        found=found,
        form=form,
        form_key=form_key(),
        status=422 if form.errors else 200,
    )


@bp.route("/patients/<int:patient_id>/medical-notes/<int:note_id>/addendum", methods=["GET", "POST"])
@requires(Permission.MEDICAL_NOTE_WRITE)
def medical_note_addendum(patient_id: int, note_id: int) -> Response:
    """Put a note right: what it said stays, what is added stands below it."""
    patient = get_visible_patient(db.session, g.actor, patient_id)
    note = get_note(db.session, g.actor, patient, note_id)
    form = AddendumForm()
    if _is_written(patient, form, corrects=note):
        return redirect_to("staff.medical_notes", patient_id=patient.id)
    note_look("medical_note", patient.id, patient.id)
    return page(
        "staff/patients/medical_note_addendum.html",
        patient=patient,
        note=note,
        form=form,
        form_key=form_key(),
        status=422 if form.errors else 200,
    )


def _is_written(patient: Patient, form: AddendumForm, corrects: MedicalNote | None = None) -> bool:
    """Whether a note was sent and kept; what is wrong with it stands by its field."""
    if not form.is_submitted() or not form.validate():
        return False
    try:
        in_transaction(db.session, lambda: _write(patient, form, corrects))
    except Invalid as refusal:
        form.refuse({name: gettext(message) for name, message in refusal.details.items()})
        return False
    flash(gettext("The note is kept."), "success")
    return True


def _write(patient: Patient, form: AddendumForm, corrects: MedicalNote | None) -> None:
    visit_id = form.visit_id if isinstance(form, MedicalNoteForm) else None
    write_note(
        db.session,
        patient,
        form.note.data or "",
        by=g.actor,
        at=clock.now(),
        appointment_id=visit_id,
        corrects=corrects,
        form_key=form_key(),
    )
