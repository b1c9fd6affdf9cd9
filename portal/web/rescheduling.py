"""Choosing another time for an appointment, the same for patients and for staff."""

from typing import Any

from flask import Response, flash, g, request
from flask_babel import gettext

from portal.appointments import commands
from portal.appointments.availability import Asking
from portal.appointments.models import Appointment
from portal.appointments.rules import check_reschedulable
from portal.appointments.slots import Slot, SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Invalid
from portal.scheduling.queries import booking_rules
from portal.web.filters import date_time
from portal.web.picker import pick
from portal.web.rendering import page, redirect_to


def rescheduling_page(template: str, back: str, appointment: Appointment) -> Response:
    """GET: the calendar, and the chosen time to confirm. POST: move it and go back to the endpoint `back`."""
    at = clock.now()
    rules = booking_rules(db.session, appointment.clinician_id)
    check_reschedulable(appointment, by=g.actor, at=at, deadline_hours=rules.deadline_hours)
    if request.method == "POST":
        moved = _move(appointment, SlotKey.parse(request.form.get("slot", "")))
        flash(gettext("Moved to %(when)s.", when=date_time(moved.starts_at, moved.zone)), "success")
        return redirect_to(back, appointment_id=appointment.id)
    return page(template, fragment="appointments/_rescheduling.html", **_choice(appointment))


def _move(appointment: Appointment, key: SlotKey) -> Appointment:
    reason = request.form.get("reason", "").strip()[:500]
    return in_transaction(
        db.session,
        lambda: commands.reschedule(db.session, appointment, key, by=g.actor, at=clock.now(), reason=reason),
    )


def _choice(appointment: Appointment) -> dict[str, Any]:
    patient = appointment.patient
    asking = Asking(
        clock.now(), g.actor.is_staff, patient.resource_id if patient else None, ignoring=appointment.id
    )
    picker = pick(
        db.session,
        appointment.clinician,
        appointment.service,
        asking,
        zone=appointment.zone,
        centre_id=appointment.centre_id,
        leaving_out=appointment.starts_at,
    )
    return {"appointment": appointment, "picker": picker, "chosen": _chosen(appointment)}


def _chosen(appointment: Appointment) -> Slot | None:
    """The slot in the address, if it is one of this appointment's service."""
    try:
        key = SlotKey.parse(request.args.get("slot", ""))
    except Invalid:
        return None
    if (key.clinician_id, key.service_id) != (appointment.clinician_id, appointment.service_id):
        return None
    return key.with_length_of(appointment.service)
