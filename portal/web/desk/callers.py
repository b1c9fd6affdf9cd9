"""Who is calling: found by phone number or name, or registered. What is typed never stands in an address."""

import re

from flask import Response, g, request
from flask_babel import gettext

from portal.appointments.errors import SlotTaken
from portal.bootstrap import db
from portal.core import clock
from portal.core.contact import parse_phone
from portal.core.db import in_transaction
from portal.core.errors import Duplicate, Invalid
from portal.core.permissions import Permission
from portal.delivery import settings
from portal.delivery.access import requires
from portal.people import commands
from portal.people.errors import DuplicateUnexplained, PossibleDuplicate
from portal.people.models import Patient
from portal.people.queries import search_patients
from portal.web.desk import bp
from portal.web.desk.booking_page import Parts, booking_page
from portal.web.desk.forms import NewPatientForm
from portal.web.desk.held import take
from portal.web.desk.wanted import Wanted
from portal.web.rendering import redirect_to, wants_fragment

MATCHES = 6
LEAST_TYPED = 2
MOST_TYPED = 100
NAME_AND_NUMBER = re.compile(r"([^\d+(]*?)[\s,;]*(?!\d+[./-]\d+[./-]\d+$)(\+?[\d(][\d\s()./-]{5,})?")


@bp.post("/bookings/patients")
@requires(Permission.APPOINTMENT_BOOK_FOR_OTHERS)
def find_patient() -> Response:
    """Patients by phone number or name; a whole phone number that is known goes on at once."""
    wanted = Wanted.from_values(request.form).but(patient_id=None)
    typed = request.form.get("search", "").strip()[:MOST_TYPED]
    parts = Parts(search=typed, new_patient=_prefilled(typed))
    if len(typed) >= LEAST_TYPED:
        parts.matches = search_patients(db.session, g.actor, search=typed, limit=MATCHES)
        if parts.matches.total == 1 and not wants_fragment() and _is_phone_of(parts.matches.items[0], typed):
            return go_on(wanted, parts.matches.items[0])
    return booking_page(wanted, parts, fragment="desk/bookings/_matches.html")


@bp.post("/bookings/patients/new")
@requires(Permission.PATIENT_CREATE)
def create_patient() -> Response:
    """Register the caller. The same phone is always the patient known by it; the same name is asked about."""
    wanted = Wanted.from_values(request.form).but(patient_id=None)
    form = NewPatientForm()
    if not form.validate():
        return booking_page(wanted, Parts(new_patient=form), status=422)
    try:
        patient = in_transaction(db.session, lambda: _register(form))
    except PossibleDuplicate as duplicate:
        return booking_page(wanted, Parts(new_patient=form, duplicate=duplicate), status=409)
    except (Invalid, Duplicate) as refusal:
        form.refuse({name: gettext(message) for name, message in refusal.details.items()})
        unexplained = refusal if isinstance(refusal, DuplicateUnexplained) else None
        return booking_page(wanted, Parts(new_patient=form, duplicate=unexplained), status=422)
    return go_on(wanted, patient)


def go_on(wanted: Wanted, patient: Patient) -> Response:
    """With a time chosen on the board, hold it for this patient; else choose a time."""
    wanted = wanted.but(patient_id=patient.id)
    if not wanted.slot or wanted.overbook:
        return redirect_to("desk.new_booking", **wanted.given())
    slot = wanted.slot
    try:
        held = in_transaction(db.session, lambda: take(slot, patient, session_type=wanted.session_type))
    except SlotTaken as gone:
        return booking_page(wanted, Parts(gone=gone, refused=slot), status=gone.status)
    return redirect_to("desk.new_booking", hold=held.uid)


def _register(form: NewPatientForm) -> Patient:
    return commands.create_patient(
        db.session,
        by=g.actor,
        full_name=form.full_name.data,
        phone=form.phone.data or None,
        email=form.email.data or None,
        date_of_birth=form.date_of_birth.data,
        lead_source=form.lead_source.data,
        why_new=form.said_new(),
        at=clock.now(),
    )


def _prefilled(typed: str) -> NewPatientForm:
    """Somebody not found need not be typed twice: a name, a number, or a name with the number behind it."""
    said = NAME_AND_NUMBER.fullmatch(typed)
    name, phone = said.groups() if said else (typed, "")
    return NewPatientForm(formdata=None, phone=phone or "", full_name=name)


def _is_phone_of(patient: Patient, typed: str) -> bool:
    try:
        return patient.phone == parse_phone(typed, region=settings().default_region, field="phone")
    except Invalid:
        return False
