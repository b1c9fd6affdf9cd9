"""Choosing another time for an appointment, the same for patients and for staff."""

from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

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
from portal.core.permissions import Actor, Role
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


@dataclass(frozen=True)
class Place:
    """Who moves it, the template, and the endpoint `back` after it; `values` are the address's arguments."""

    by: Actor
    template: str
    back: str
    values: dict[str, Any]


def rescheduling_page(
    template: str, back: str, appointment: Appointment, *, by: Actor | None = None, **values: Any
) -> Response:
    """GET: the calendar, and the chosen time to confirm. POST: move it and go back to the endpoint `back`.

    By whoever is here unless another is named; `values` are the address's arguments where it does not name the id.
    """
    place = Place(by or g.actor, template, back, values or {"appointment_id": appointment.id})
    rules = booking_rules(db.session, appointment.clinician_id)
    check_reschedulable(appointment, by=place.by, at=clock.now(), deadline_hours=rules.deadline_hours)
    form = ReschedulingForm()
    if request.method == "GET":
        return _show(place, appointment, form)
    if not form.validate() or form.form_errors:
        return _show(place, appointment, form, status=422)
    try:
        moved = _move(place.by, appointment, form)
    except SlotTaken as refusal:
        return _show(place, appointment, form, refusal=refusal, status=int(refusal.status))
    flash(gettext("Moved to %(when)s.", when=date_time(moved.starts_at, moved.zone)), "success")
    return redirect_to(back, **place.values)


def _move(by: Actor, appointment: Appointment, form: ReschedulingForm) -> Appointment:
    key = SlotKey.parse(form.slot.data)
    return in_transaction(
        db.session,
        lambda: commands.reschedule(
            db.session, appointment, key, by=by, at=clock.now(), reason=form.reason.data or ""
        ),
    )


def _show(
    place: Place,
    appointment: Appointment,
    form: ReschedulingForm,
    *,
    refusal: SlotTaken | None = None,
    status: int = 200,
) -> Response:
    picker = _pick(place.by, appointment)
    wanted = request.args.get("slot") or form.slot.data
    chosen = next((slot for slot in picker.slots if slot.id == wanted), None)
    return page(
        place.template,
        fragment="appointments/_rescheduling.html",
        status=status,
        appointment=appointment,
        picker=picker,
        chosen=chosen,
        is_gone=bool(wanted) and chosen is None,
        form=form,
        refusal=refusal,
        is_own=place.by.role is Role.PATIENT,
        back=url_for(place.back, **place.values),
        address=partial(_address, place),
        slot_address=partial(_slot_address, place, appointment.zone),
    )


def _pick(by: Actor, appointment: Appointment) -> Picker:
    patient = appointment.patient
    asking = Asking(
        clock.now(), by.is_staff, patient.resource_id if patient else None, ignoring=appointment.id
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


def _address(place: Place, **choice: str) -> str:
    """This page with another month or day."""
    return url_for(request.endpoint or "", **place.values, **choice)  # type: ignore[arg-type]


def _slot_address(place: Place, zone: ZoneInfo, slot: Slot) -> str:
    """This page with that time chosen."""
    on = clock.local_day(slot.starts_at, zone)
    return _address(place, month=f"{on:%Y-%m}", day=on.isoformat(), slot=slot.id)
