"""Appointments: those one may see, one of them, a new one, and its texts."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from flask import Blueprint, g

from portal.api.v1.booking_for import Party, party_of
from portal.api.v1.booking_links import link_for
from portal.api.v1.endpoint import endpoint
from portal.api.v1.representations.appointment_bodies import AppointmentEdit, AppointmentQuery, Booking, Hat
from portal.api.v1.representations.appointments import (
    AppointmentDetail,
    AppointmentShape,
    appointment_detail,
    appointment_shape,
)
from portal.api.v1.representations.base import Answer, Listed, Paged, minor_units, paged
from portal.api.v1.when import slot_key
from portal.appointments import commands, queries
from portal.appointments.commands.overriding import OF_THE_TIME
from portal.appointments.delays import late_by
from portal.appointments.models import Appointment, Channel
from portal.appointments.queries import Filters
from portal.appointments.rules import check_may_write
from portal.appointments.slots import SlotKey
from portal.audit.commands import record_view
from portal.bootstrap import db
from portal.centres.models import Centre
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Invalid, _
from portal.core.permissions import Actor, Permission, Role
from portal.delivery import settings
from portal.delivery.access import check_may
from portal.delivery.tills import practice
from portal.payments import quoted
from portal.payments.offering import with_token
from portal.payments.queries import account_of, accounts_of
from portal.payments.requiring import is_asked_first, ways_to_pay
from portal.people.models import Clinician

bp = Blueprint("api_appointments", __name__, url_prefix="/appointments")
READ = (Permission.APPOINTMENT_VIEW, Permission.APPOINTMENT_BOOK_OWN)
BOOK = (Permission.APPOINTMENT_BOOK_OWN, Permission.APPOINTMENT_BOOK_FOR_OTHERS)
EDIT = (Permission.APPOINTMENT_EDIT, Permission.APPOINTMENT_BOOK_OWN)


@bp.get("")
@endpoint("BKG-04", Listed[AppointmentShape], *READ)
def index(query: AppointmentQuery) -> Paged[AppointmentShape]:
    """List appointments: own ones, for staff those of their centre. `when` gives current, upcoming or past ones."""
    actor = _in_hat(query.as_)
    found = queries.search(
        db.session, actor, _filters(query), at=clock.now(), page=query.page, limit=query.limit
    )
    accounts = accounts_of(db.session, found.items)
    return paged(found, lambda appointment: appointment_shape(appointment, actor, accounts[appointment.id]))


@bp.get("/<int:appointment_id>")
@endpoint("BKG-05", Answer[AppointmentDetail], *READ)
def show(appointment_id: int) -> AppointmentDetail:
    """Read an appointment with its history. What staff read of a patient is audited."""
    appointment, actor = seen(appointment_id)
    if actor.is_staff:
        in_transaction(db.session, lambda: _audit(appointment, actor))
    return detail(appointment, actor)


@bp.post("")
@endpoint("BKG-01", Answer[AppointmentDetail], *BOOK, status=201, is_write=True)
def create(json: Booking) -> Answer[AppointmentDetail]:
    """Book a time: for oneself, or as staff for a patient who is known or new.

    PENDING where the clinician accepts each request, and where patients pay before a time is booked: then it is held
    for them until they do (POST /payments). A time that cannot be had is refused with others. Staff may ask for a
    payment link: where none can be sent the booking stands, and the message says why.
    """
    if json.overbook:
        check_may((Permission.APPOINTMENT_OVERBOOK,))
    if json.send_payment_link:
        check_may((Permission.PAYMENT_LINK_SEND,))
    key = slot_key(db.session, json.when())
    party = party_of(json, key)
    is_held = json.quotation_token is not None or is_asked_first(practice(), party.by)
    made = (_held if is_held else _booked)(json, key, party)
    if json.follow_up_of_id is not None:
        commands.follow_up(made, of=queries.get_visible(db.session, party.by, json.follow_up_of_id))
    linked = link_for(made) if json.send_payment_link else None
    shown = detail(made, party.by)
    if linked is None:
        return Answer[AppointmentDetail](data=shown, message=party.message)
    shown.payment_link = linked.address
    message = " ".join(filter(None, (party.message, linked.message)))
    return Answer[AppointmentDetail](data=shown, message=message)


def _booked(json: Booking, key: SlotKey, party: Party) -> Appointment:
    return commands.book(
        db.session,
        key,
        patient=party.patient,
        by=party.by,
        at=clock.now(),
        channel=Channel.API,
        session_type=json.session_type,
        details=_details(json, key),
        override=_override(json),
    )


def _hold(json: Booking) -> Callable[..., Appointment]:
    """How a time is held: at the price of the quotation, if it comes with one."""
    if json.quotation_token is None:
        return commands.hold
    return partial(quoted.hold, quotation=with_token(db.session, json.quotation_token))


def _held(json: Booking, key: SlotKey, party: Party) -> Appointment:
    """Booked after all where there is nothing to pay, or nobody to take it."""
    by, at = party.by, clock.now()
    held = _hold(json)(
        db.session,
        key,
        minutes=settings().hold_minutes,
        patient=party.patient,
        session_type=json.session_type,
        by=by,
        at=at,
    )
    held.channel, details = Channel.API, _details(json, key)
    if ways_to_pay(practice(), held, by=by).later:
        why = json.override.reason if json.override else json.reason
        return commands.confirm(db.session, held, by=by, at=at, details=details, reason=why)
    if details.fee_minor not in (None, held.fee_minor):
        raise Invalid(details={"consultation_fee": _("The price has changed. Please check it.")})
    commands.describe(db.session, held, **details.texts())
    return fresh(held)


@bp.patch("/<int:appointment_id>")
@endpoint("BKG-06", Answer[AppointmentDetail], *EDIT, is_write=True)
def update(appointment_id: int, json: AppointmentEdit) -> AppointmentDetail:
    """Change the texts of an appointment: patients theirs until it begins, staff theirs."""
    appointment, actor = seen(appointment_id)
    given = json.given()
    check_may_write(appointment, set(given), by=actor, at=clock.now())
    if given:
        commands.edit(db.session, appointment, by=actor, at=clock.now(), **given)
    return detail(fresh(appointment), actor)


def detail(appointment: Appointment, actor: Actor) -> AppointmentDetail:
    """An appointment with how it stands with its money, and how late its clinician runs."""
    shown = appointment_detail(appointment, actor, account_of(db.session, appointment))
    shown.delay_minutes = late_by(db.session, [appointment], clock.now()).get(appointment.id, 0)
    return shown


def seen(appointment_id: int) -> tuple[Appointment, Actor]:
    """The appointment, and the actor in the role in which they take part in it."""
    appointment = queries.get_visible(db.session, g.actor, appointment_id)
    is_patient = (
        g.actor.role is Role.CLINICIAN
        and appointment.clinician_id != g.actor.clinician_id
        and appointment.patient_id in g.actor.patient_ids
    )
    return appointment, g.actor.as_patient() if is_patient else g.actor


def fresh(appointment: Appointment) -> Appointment:
    """With the line of history that was just written."""
    db.session.flush()
    db.session.expire(appointment, ["history"])
    return appointment


def _in_hat(hat: Hat | None) -> Actor:
    """The actor in one of their two roles; whoever does not have it sees nothing in it."""
    actor: Actor = g.actor
    if hat is Hat.PATIENT:
        return actor.as_patient()
    return replace(actor, role=Role.CLINICIAN, patient_id=None) if hat is Hat.CLINICIAN else actor


def _filters(query: AppointmentQuery) -> Filters:
    return Filters(
        status=query.status,
        centre_id=query.centre_id,
        clinician_id=query.clinician_id,
        patient_id=query.patient_id,
        first_on=query.date or query.start_date,
        last_on=query.date or query.end_date,
        specialization=query.specialization,
        search=query.search,
        when=query.when,
    )


def _override(booking: Booking) -> commands.Override | None:
    if booking.override is not None:
        return commands.Override(frozenset(booking.override.rules), booking.override.reason)
    return commands.Override(OF_THE_TIME, booking.reason) if booking.overbook else None


def _details(booking: Booking, key: SlotKey) -> commands.Details:
    return commands.Details(
        patient_notes=booking.patient_notes or booking.notes,
        questions=booking.questions,
        title=booking.title,
        description=booking.description,
        fee_minor=_fee(booking, key),
    )


def _fee(booking: Booking, key: SlotKey) -> int | None:
    """In the currency in which the visit is paid."""
    if booking.consultation_fee is None:
        return None
    place = db.session.get(Centre, key.centre_id) if key.centre_id else None
    whose = place or db.session.get(Clinician, key.clinician_id)
    try:
        return minor_units(booking.consultation_fee, whose.currency if whose else settings().default_currency)
    except ValueError:
        raise Invalid(details={"consultation_fee": _("This is no amount of money.")}) from None


def _audit(appointment: Appointment, actor: Actor) -> None:
    record_view(
        db.session, "appointment", appointment.id, by=actor, patient_id=appointment.patient_id, at=clock.now()
    )
