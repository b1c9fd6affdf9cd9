"""Appointments: those one may see, one of them, a new one, and its texts."""

from datetime import date, datetime, timedelta

from flask import Blueprint, g

from portal.api.v1.booking_for import party_of
from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.appointments import (
    AppointmentDetail,
    AppointmentEdit,
    AppointmentQuery,
    AppointmentShape,
    Booking,
    Hat,
    appointment_detail,
    appointment_shape,
)
from portal.api.v1.representations.base import Answer, Listed, Paged, minor_units, paged
from portal.api.v1.when import slot_key
from portal.appointments import commands, queries
from portal.appointments.errors import InvalidStateTransition
from portal.appointments.models import Appointment, Channel
from portal.appointments.queries import Filters
from portal.appointments.slots import SlotKey
from portal.audit.commands import record_view
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Forbidden, Invalid, _
from portal.core.pagination import Page
from portal.core.permissions import Actor, Permission, Role
from portal.delivery import settings
from portal.people.models import Clinician

bp = Blueprint("api_appointments", __name__, url_prefix="/appointments")
ANYBODY = (Permission.APPOINTMENT_VIEW, Permission.APPOINTMENT_BOOK_OWN)
ONE_DAY = timedelta(days=1)


@bp.get("")
@endpoint("BKG-04", Listed[AppointmentShape], *ANYBODY)
def index(query: AppointmentQuery) -> Paged[AppointmentShape]:
    """List appointments: one's own, for staff those of their centre. `when` gives current, upcoming or past ones."""
    actor = g.actor.as_patient() if query.as_ is Hat.PATIENT and g.actor.patient_id else g.actor
    if _is_nobody(actor, query.as_):
        return paged(Page([], query.page, query.limit_taken, 0), lambda row: row)
    found = queries.search(
        db.session, actor, _filters(query, actor), at=clock.now(), page=query.page, limit=query.limit
    )
    return paged(found, lambda appointment: appointment_shape(appointment, actor))


@bp.get("/<int:appointment_id>")
@endpoint("BKG-05", Answer[AppointmentDetail], *ANYBODY)
def show(appointment_id: int) -> AppointmentDetail:
    """Read an appointment with its history. What staff read of a patient is audited."""
    appointment, actor = seen(appointment_id)
    if actor.is_staff:
        in_transaction(db.session, lambda: _audit(appointment, actor))
    return appointment_detail(appointment, actor)


@bp.post("")
@endpoint(
    "BKG-01",
    Answer[AppointmentDetail],
    Permission.APPOINTMENT_BOOK_OWN,
    Permission.APPOINTMENT_BOOK_FOR_OTHERS,
    status=201,
    is_write=True,
)
def create(json: Booking) -> Answer[AppointmentDetail]:
    """Book a time: for oneself, or as staff for a patient who is known or new.

    PENDING where the clinician accepts each request. A time that cannot be had is refused with others.
    """
    key = slot_key(db.session, json.when())
    party = party_of(json, key)
    made = commands.book(
        db.session,
        key,
        patient=party.patient,
        by=party.by,
        at=clock.now(),
        channel=Channel.API,
        session_type=json.session_type,
        details=_details(json, key),
        overbook=json.overbook,
        reason=json.reason,
    )
    return Answer[AppointmentDetail](data=appointment_detail(made, party.by), message=party.message)


@bp.patch("/<int:appointment_id>")
@endpoint(
    "BKG-06",
    Answer[AppointmentDetail],
    Permission.APPOINTMENT_EDIT,
    Permission.APPOINTMENT_BOOK_OWN,
    is_write=True,
)
def update(appointment_id: int, json: AppointmentEdit) -> AppointmentDetail:
    """Change the texts of an appointment: patients theirs until it begins, staff theirs."""
    appointment, actor = seen(appointment_id)
    given = {name: text for name, text in json.given().items() if text is not None}
    _check_theirs(appointment, actor, set(given))
    if given:
        commands.edit(db.session, appointment, by=actor, at=clock.now(), **given)
    return appointment_detail(appointment, actor)


def seen(appointment_id: int) -> tuple[Appointment, Actor]:
    """The appointment, and the actor in the role in which they take part in it."""
    appointment = queries.get_visible(db.session, g.actor, appointment_id)
    is_patient = (
        g.actor.role is Role.CLINICIAN
        and appointment.clinician_id != g.actor.clinician_id
        and appointment.patient_id == g.actor.patient_id
    )
    return appointment, g.actor.as_patient() if is_patient else g.actor


def _is_nobody(actor: Actor, hat: Hat | None) -> bool:
    """Does nobody stand in that role?"""
    return (hat is Hat.PATIENT and actor.patient_id is None) or (
        hat is Hat.CLINICIAN and actor.clinician_id is None
    )


def _filters(query: AppointmentQuery, actor: Actor) -> Filters:
    first, last = query.date or query.start_date, query.date or query.end_date
    return Filters(
        status=query.status,
        centre_id=query.centre_id,
        clinician_id=actor.clinician_id if query.as_ is Hat.CLINICIAN else query.clinician_id,
        patient_id=query.patient_id,
        starts_from=_midnight(first) if first else None,
        starts_before=_midnight(last + ONE_DAY) if last else None,
        specialization=query.specialization,
        search=query.search,
        when=query.when,
    )


def _midnight(day: date) -> datetime:
    return clock.midnight(day, clock.zone(settings().default_time_zone))


def _details(booking: Booking, key: SlotKey) -> commands.Details:
    return commands.Details(
        patient_notes=booking.notes or booking.patient_notes,
        questions=booking.questions,
        title=booking.title,
        description=booking.description,
        fee_minor=_fee(booking, key),
    )


def _fee(booking: Booking, key: SlotKey) -> int | None:
    if booking.consultation_fee is None:
        return None
    clinician = db.session.get(Clinician, key.clinician_id)
    try:
        return minor_units(booking.consultation_fee, clinician.currency if clinician else "GBP")
    except ValueError:
        raise Invalid(details={"consultation_fee": _("This is no amount of money.")}) from None


def _check_theirs(appointment: Appointment, actor: Actor, given: set[str]) -> None:
    """Patients write what is theirs until the visit begins; staff write what is the team's."""
    is_patient = actor.role is Role.PATIENT
    theirs = {"patient_notes", "questions"} if is_patient else {"clinician_notes", "title"}
    if given - theirs:
        raise Forbidden
    if given and is_patient and (not appointment.is_live or appointment.starts_at <= clock.now()):
        raise InvalidStateTransition


def _audit(appointment: Appointment, actor: Actor) -> None:
    record_view(
        db.session, "appointment", appointment.id, by=actor, patient_id=appointment.patient_id, at=clock.now()
    )
