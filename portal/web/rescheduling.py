"""Choosing another time for an appointment, the same for patients and for staff."""

from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from flask import Response, flash, g, request, url_for
from flask_babel import gettext

from portal.appointments.availability import Asking
from portal.appointments.models import Appointment
from portal.appointments.rules import check_reschedulable
from portal.appointments.slots import Slot
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Actor, Role
from portal.scheduling.queries import booking_rules
from portal.web import arguments
from portal.web.filters import date_time
from portal.web.moving_anyway import Forms, NotMoved, forms_for, try_to_move, typed_move
from portal.web.picker import Picker, pick
from portal.web.rendering import page, redirect_to, redirect_to_address


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
    on = arguments.day("day") or clock.local_day(appointment.starts_at, appointment.zone)
    forms = forms_for(place.by, on)
    if request.method == "GET":
        return _asked(place, appointment, forms)
    moved = try_to_move(appointment, forms.moving, place.by)
    if isinstance(moved, NotMoved):
        return _show(place, appointment, forms, moved)
    flash(gettext("Moved to %(when)s.", when=date_time(moved.starts_at, moved.zone)), "success")
    return redirect_to(back, **place.values)


def _asked(place: Place, appointment: Appointment, forms: Forms) -> Response:
    """The calendar; for a time that was typed, confirming it like one that was chosen there, or what is in its way."""
    typed = typed_move(forms.any_time, appointment, place.by)
    if typed and not typed.rules:
        return redirect_to_address(_slot_address(place, appointment.zone, typed.slot))
    return _show(place, appointment, forms, NotMoved(forms.status, anyway=typed))


def _show(place: Place, appointment: Appointment, forms: Forms, still: NotMoved) -> Response:
    """The calendar, unless there is one time to decide about, which breaks rules."""
    picker = None if still.anyway else _pick(place.by, appointment)
    wanted = request.args.get("slot") or forms.moving.slot.data
    chosen = next((slot for slot in picker.slots if slot.id == wanted), None) if picker else None
    return page(
        place.template,
        fragment="appointments/_rescheduling.html",
        status=still.status,
        appointment=appointment,
        picker=picker,
        chosen=chosen,
        is_gone=bool(wanted) and chosen is None,
        form=forms.moving,
        any_time=forms.any_time,
        still=still,
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
