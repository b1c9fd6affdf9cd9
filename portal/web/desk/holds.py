"""The time held for a caller: taken, confirmed, let go."""

import uuid

from flask import Response, g, request

from portal.appointments import commands
from portal.appointments.errors import BookingExpired, InvalidStateTransition, SlotTaken
from portal.appointments.models import Appointment, SessionType
from portal.appointments.slots import SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Invalid, NotFound, _
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people.queries import get_visible_patient
from portal.web.desk import bp
from portal.web.desk.booking_page import Parts, booking_page, read_back_form
from portal.web.desk.callers import go_on
from portal.web.desk.forms import ReadBackForm
from portal.web.desk.held import own_hold, take
from portal.web.desk.wanted import Wanted
from portal.web.rendering import redirect_to


@bp.post("/bookings/holds")
@requires(Permission.APPOINTMENT_BOOK_FOR_OTHERS)
def hold() -> Response:
    """Hold a time at once, so that it cannot be lost during the call."""
    wanted = Wanted.from_values(request.form)
    if wanted.patient_id is None:
        raise NotFound
    if wanted.slot is None:
        raise Invalid(details={"slot": _("Please choose one of the times.")})
    patient = get_visible_patient(db.session, g.actor, wanted.patient_id)
    if wanted.instead_of is None:
        return go_on(wanted, patient)
    slot, before = wanted.slot, own_hold(wanted.instead_of)
    try:
        held = in_transaction(
            db.session, lambda: take(slot, patient, instead_of=before, session_type=wanted.session_type)
        )
    except SlotTaken as gone:
        return booking_page(wanted.but(slot=None), Parts(gone=gone, refused=slot), status=gone.status)
    return redirect_to("desk.new_booking", hold=held.uid)


@bp.post("/bookings/holds/<uuid:uid>/confirmation")
@requires(Permission.APPOINTMENT_BOOK_FOR_OTHERS)
def confirm(uid: uuid.UUID) -> Response:
    """Book the held time; or, when it is gone, hold another one with all that was typed."""
    held = own_hold(uid)
    wanted = Wanted(patient_id=held.patient_id, hold=uid)
    form = read_back_form(held, wanted)
    if not form.validate():
        return booking_page(wanted, Parts(read_back=form), status=422)
    slot = request.form.get("slot")
    try:
        if slot:
            return _take_other(held, slot, form)
        booked = in_transaction(db.session, lambda: _confirm(held, form))
    except (SlotTaken, BookingExpired, InvalidStateTransition) as gone:
        return booking_page(wanted, Parts(read_back=form, gone=gone), status=gone.status)
    return redirect_to("desk.booked", appointment_id=booked.id)


@bp.post("/bookings/holds/<uuid:uid>/release")
@requires(Permission.APPOINTMENT_BOOK_FOR_OTHERS)
def release(uid: uuid.UUID) -> Response:
    """The caller does not want it after all."""
    held = own_hold(uid)
    in_transaction(db.session, lambda: commands.release(db.session, held, by=g.actor, at=clock.now()))
    return redirect_to("desk.new_booking", patient_id=held.patient_id)


def _confirm(held: Appointment, form: ReadBackForm) -> Appointment:
    way = form.session_type.data if "session_type" in form else held.session_type
    if way != held.session_type and held.booked_at is None and held.patient is not None:
        slot = SlotKey.of(held).with_length_of(held.service).id
        held = take(slot, held.patient, instead_of=held, session_type=SessionType(way))
    details = commands.Details(patient_notes=form.patient_notes.data or "", fee_minor=_fee(form))
    why = form.reason.data if "reason" in form else ""
    return commands.confirm(db.session, held, by=g.actor, at=clock.now(), details=details, reason=why)


def _take_other(held: Appointment, slot: str, form: ReadBackForm) -> Response:
    patient = held.patient
    if patient is None:
        raise NotFound
    way = SessionType(form.session_type.data) if "session_type" in form else None
    notes = form.patient_notes.data or ""
    other = in_transaction(
        db.session, lambda: take(slot, patient, instead_of=held, session_type=way, notes=notes)
    )
    return redirect_to("desk.new_booking", hold=other.uid, fee=_fee(form))


def _fee(form: ReadBackForm) -> int | None:
    return form.fee.data if "fee" in form else None
