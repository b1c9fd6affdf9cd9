"""Choosing another time for an appointment, the same for patients and for staff."""

from functools import partial

from flask import Response, flash, g, request, url_for
from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import HiddenField

from portal.appointments import commands
from portal.appointments.availability import Asking
from portal.appointments.errors import SlotTaken
from portal.appointments.models import Appointment
from portal.appointments.rules import check_reschedulable
from portal.appointments.slots import Slot, SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Invalid
from portal.scheduling.queries import booking_rules
from portal.web.filters import date_time
from portal.web.forms import Form, TextField
from portal.web.picker import Picker, pick
from portal.web.rendering import page, redirect_to


class ReschedulingForm(Form):
    slot = HiddenField()
    reason = TextField(_("Reason"))

    def validate_slot(self, field: HiddenField) -> None:
        try:
            SlotKey.parse(field.data or "")
        except Invalid:
            field.data = ""
            self.form_errors.append(gettext("Please choose one of the times."))


def rescheduling_page(template: str, back: str, appointment: Appointment) -> Response:
    """GET: the calendar, and the chosen time to confirm. POST: move it and go back to the endpoint `back`."""
    rules = booking_rules(db.session, appointment.clinician_id)
    check_reschedulable(appointment, by=g.actor, at=clock.now(), deadline_hours=rules.deadline_hours)
    form = ReschedulingForm()
    if request.method == "GET":
        return _show(template, appointment, form)
    if not form.validate() or form.form_errors:
        return _show(template, appointment, form, status=422)
    try:
        moved = _move(appointment, form)
    except SlotTaken as refusal:
        return _show(template, appointment, form, refusal=refusal, status=int(refusal.status))
    flash(gettext("Moved to %(when)s.", when=date_time(moved.starts_at, moved.zone)), "success")
    return redirect_to(back, appointment_id=appointment.id)


def _move(appointment: Appointment, form: ReschedulingForm) -> Appointment:
    key = SlotKey.parse(form.slot.data)
    return in_transaction(
        db.session,
        lambda: commands.reschedule(
            db.session, appointment, key, by=g.actor, at=clock.now(), reason=form.reason.data or ""
        ),
    )


def _show(
    template: str,
    appointment: Appointment,
    form: ReschedulingForm,
    *,
    refusal: SlotTaken | None = None,
    status: int = 200,
) -> Response:
    picker = _pick(appointment)
    wanted = request.args.get("slot") or form.slot.data
    chosen = next((slot for slot in picker.slots if slot.id == wanted), None)
    return page(
        template,
        fragment="appointments/_rescheduling.html",
        status=status,
        appointment=appointment,
        picker=picker,
        chosen=chosen,
        is_gone=bool(wanted) and chosen is None,
        form=form,
        refusal=refusal,
        address=partial(_address, appointment),
        slot_address=partial(_slot_address, appointment),
    )


def _pick(appointment: Appointment) -> Picker:
    patient = appointment.patient
    asking = Asking(
        clock.now(), g.actor.is_staff, patient.resource_id if patient else None, ignoring=appointment.id
    )
    return pick(
        db.session,
        appointment.clinician,
        appointment.service,
        asking,
        zone=appointment.zone,
        centre_id=appointment.centre_id,
        leaving_out=appointment.starts_at,
    )


def _address(appointment: Appointment, **choice: str) -> str:
    """This page with another month or day."""
    return url_for(request.endpoint or "", appointment_id=appointment.id, **choice)  # type: ignore[arg-type]


def _slot_address(appointment: Appointment, slot: Slot) -> str:
    """This page with that time chosen."""
    on = clock.local_day(slot.starts_at, appointment.zone)
    return _address(appointment, month=f"{on:%Y-%m}", day=on.isoformat(), slot=slot.id)
