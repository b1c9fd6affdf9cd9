"""Patients as staff find, register, read and correct them. What is searched for never stands in an address."""

from collections.abc import Sequence
from typing import Any

from flask import Response, flash, g, request
from flask_babel import gettext

from portal.appointments import queries
from portal.appointments.models import Appointment
from portal.audit.commands import record_view
from portal.audit.queries import entries_about_patient
from portal.bootstrap import db
from portal.conversations import rules as conversations
from portal.conversations.queries import may_write
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Duplicate, Invalid
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.notifications.preferences import ways_of
from portal.people import commands
from portal.people.duplicates import likely_duplicates
from portal.people.errors import DuplicateUnexplained, PossibleDuplicate
from portal.people.models import Patient
from portal.people.patient_facts import CONTACT_DATA
from portal.people.queries import get_visible_patient, search_patients
from portal.records.models import MedicalNote
from portal.records.queries import latest_notes
from portal.web.arguments import check_is_page, page_number
from portal.web.rendering import page, redirect_to
from portal.web.staff import bp
from portal.web.staff.patient_forms import GENDERS, EditPatientForm, NewPatientForm, PatientForm

MOST_TYPED = 100
MOST_APPOINTMENTS = 50
MOST_ENTRIES = 30
MOST_NOTES = 3


@bp.route("/patients", methods=["GET", "POST"])
@requires(Permission.PATIENT_VIEW)
def patients() -> Response:
    """The patients whom the actor may see, by name. A search is posted, so that no name ends up in a log."""
    typed = request.form.get("search", "").strip()[:MOST_TYPED]
    number = request.form.get("page", "1")
    position = int(number) if number.isascii() and number.isdecimal() and 0 < int(number) < 10_000 else 1
    if request.method == "GET":
        position = page_number()
    found = search_patients(db.session, g.actor, search=typed, page=position)
    check_is_page(found)
    return page("staff/patients/index.html", fragment="staff/patients/_list.html", found=found, search=typed)


@bp.route("/patients/new", methods=["GET", "POST"])
@requires(Permission.PATIENT_CREATE)
def new_patient() -> Response:
    """Register a patient; records that may be of the same person are offered first."""
    form = NewPatientForm()
    if request.method == "GET":
        return _new(form)
    if not form.validate():
        return _new(form, status=422)
    try:
        made = in_transaction(db.session, lambda: _register(form))
    except PossibleDuplicate as duplicate:
        return _new(form, status=409, duplicate=duplicate)
    except DuplicateUnexplained as unexplained:
        _refuse(form, unexplained)
        return _new(form, status=422, duplicate=unexplained)
    except (Invalid, Duplicate) as refusal:
        _refuse(form, refusal)
        return _new(form, status=422)
    flash(gettext("%(name)s is registered.", name=made.full_name), "success")
    return redirect_to("staff.patient", patient_id=made.id)


@bp.get("/patients/<int:patient_id>")
@requires(Permission.PATIENT_VIEW)
def patient(patient_id: int) -> Response:
    """The record, as far as the role may read it; each look at it is audited."""
    shown = get_visible_patient(db.session, g.actor, patient_id)
    if shown.id != patient_id:
        return redirect_to("staff.patient", patient_id=shown.id)
    in_transaction(db.session, lambda: _audit_view(shown))
    reads_audit = g.actor.may(Permission.STAFF_VIEW)
    now = clock.now()
    appointments = _appointments_of(shown)
    return page(
        "staff/patients/show.html",
        patient=shown,
        coming=[one for one in reversed(appointments) if one.is_live and one.ends_at > now],
        past=[one for one in appointments if not (one.is_live and one.ends_at > now)],
        genders=dict(GENDERS),
        channels=ways_of(db.session, shown).in_use,
        can_write=_can_write(shown),
        notes=_latest_notes(shown),
        alike=likely_duplicates(db.session, shown) if g.actor.may(Permission.PATIENT_MERGE) else (),
        audit_entries=entries_about_patient(db.session, shown.id, MOST_ENTRIES) if reads_audit else None,
    )


@bp.route("/patients/<int:patient_id>/edit", methods=["GET", "POST"])
@requires(Permission.PATIENT_EDIT)
def edit_patient(patient_id: int) -> Response:
    """Correct the record; the medical history only for those who may read it."""
    shown = get_visible_patient(db.session, g.actor, patient_id)
    form = _edit_form(shown)
    if request.method == "GET":
        in_transaction(db.session, lambda: _audit_view(shown))
        return page("staff/patients/edit.html", patient=shown, form=form)
    if not form.validate():
        return page("staff/patients/edit.html", patient=shown, form=form, status=422)
    try:
        in_transaction(
            db.session,
            lambda: commands.edit_patient(
                db.session, shown, by=g.actor, at=clock.now(), **_changes(form, shown)
            ),
        )
    except (Invalid, Duplicate) as refusal:
        _refuse(form, refusal)
        return page("staff/patients/edit.html", patient=shown, form=form, status=422)
    flash(gettext("Saved."), "success")
    return redirect_to("staff.patient", patient_id=patient_id)


def _new(
    form: NewPatientForm,
    *,
    status: int = 200,
    duplicate: PossibleDuplicate | DuplicateUnexplained | None = None,
) -> Response:
    return page("staff/patients/new.html", form=form, duplicate=duplicate, status=status)


def _register(form: NewPatientForm) -> Patient:
    return commands.create_patient(db.session, by=g.actor, at=clock.now(), **form.facts())


def _edit_form(shown: Patient) -> EditPatientForm:
    form = EditPatientForm(data={name: getattr(shown, name) for name in CONTACT_DATA})
    if not g.actor.may(Permission.PATIENT_MEDICAL_HISTORY):
        del form.medical_history
    elif request.method == "GET":
        form.medical_history.data = shown.medical_history
    return form


def _changes(form: EditPatientForm, shown: Patient) -> dict[str, Any]:
    """An unchanged medical history is left alone, so that the audit names it only when it was edited."""
    facts = form.facts()
    written = facts.get("medical_history")
    if written is not None and written.split() == shown.medical_history.split():
        del facts["medical_history"]
    return facts


def _refuse(form: PatientForm, refusal: Invalid | Duplicate) -> None:
    if refusal.details:
        form.refuse({name: gettext(message) for name, message in refusal.details.items()})
    else:
        form.form_errors.append(gettext(refusal.message))


def _appointments_of(shown: Patient) -> list[Appointment]:
    """The latest appointments that the actor may see, newest first."""
    statement = queries.listed(g.actor, queries.Filters(patient_id=shown.id), clock.now())
    newest_first = statement.order_by(None).order_by(Appointment.starts_at.desc(), Appointment.id)
    return list(db.session.scalars(newest_first.limit(MOST_APPOINTMENTS)))


def _can_write(shown: Patient) -> bool:
    """Do they sign in here, and may they be written to?"""
    if shown.account_id is None:
        return False
    centre_id = conversations.own_team(g.actor)
    return may_write(db.session, g.actor, account_id=shown.account_id, centre_id=centre_id)


def _latest_notes(shown: Patient) -> Sequence[MedicalNote] | None:
    """For those who treat; None for others, and for whoever is this patient themself."""
    if not g.actor.may(Permission.MEDICAL_NOTE_WRITE) or shown.id in g.actor.patient_ids:
        return None
    return latest_notes(db.session, g.actor, shown, MOST_NOTES)


def _audit_view(shown: Patient) -> None:
    record_view(db.session, "patient", shown.id, by=g.actor, patient_id=shown.id, at=clock.now())
