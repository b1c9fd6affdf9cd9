"""Somebody stands at the desk without an appointment: booked for the next free time, and here already."""

from flask import Response, flash, g, request
from flask_babel import gettext

from portal.appointments import commands
from portal.appointments.errors import SlotTaken
from portal.appointments.models import Appointment, Channel, SessionType
from portal.appointments.slots import SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Invalid, NotFound, _
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.people.models import Patient
from portal.people.queries import get_visible_patient
from portal.scheduling.rules import Refusal
from portal.web.desk import bp
from portal.web.desk.booking_page import Parts, booking_page
from portal.web.desk.wanted import Wanted
from portal.web.filters import date_time
from portal.web.rendering import redirect_to


@bp.post("/walk-ins")
@requires(Permission.DAY_BOARD_VIEW)
def walk_in() -> Response:
    """Book a time of today and mark the patient as arrived, or neither; then the board, at that visit."""
    wanted = Wanted.from_values(request.form).but(walk_in=1)
    if wanted.patient_id is None:
        raise NotFound
    if wanted.slot is None:
        raise Invalid(details={"slot": _("Please choose one of the times.")})
    key = SlotKey.parse(wanted.slot)
    patient = get_visible_patient(db.session, g.actor, wanted.patient_id)
    try:
        booked = in_transaction(db.session, lambda: _book(key, patient))
    except SlotTaken as gone:
        return booking_page(wanted.but(slot=None), Parts(gone=gone), status=gone.status)
    flash(_said(booked, patient), "success")
    on = clock.local_day(booked.starts_at, booked.zone)
    return redirect_to("desk.day", centre_id=booked.centre_id, date=on, _anchor=f"block-{booked.id}")


AT_ONCE = commands.Override(frozenset({Refusal.TOO_SOON}), "Walk-in")


def _book(key: SlotKey, patient: Patient) -> Appointment:
    now = clock.now()
    booked = commands.book(
        db.session,
        key,
        patient=patient,
        by=g.actor,
        at=now,
        channel=Channel.DESK,
        session_type=SessionType.IN_PERSON,
        override=AT_ONCE,
    )
    commands.mark_arrived(db.session, booked, by=g.actor, at=now)
    return booked


def _said(booked: Appointment, patient: Patient) -> str:
    said = gettext(
        "%(who)s is booked with %(clinician)s, %(when)s, and marked as arrived.",
        who=patient.full_name,
        when=date_time(booked.starts_at, booked.zone),
        clinician=booked.clinician.full_name,
    )
    return str(said)
