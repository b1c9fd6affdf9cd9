"""Visits that repeat: a page to look at each date and to settle what is in the way, and the series that was booked."""

import uuid
from dataclasses import replace
from typing import Any

from flask import Response, flash, g, request
from flask_babel import gettext, ngettext

from portal.appointments import commands
from portal.appointments.commands import Pattern, Proposal
from portal.appointments.commands.repeating import is_to_come
from portal.appointments.errors import SlotTaken
from portal.appointments.models import Appointment, Channel
from portal.appointments.series import Series, get_visible_series
from portal.appointments.series_models import AppointmentSeries
from portal.audit.commands import record_view
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Invalid, NotFound
from portal.core.permissions import Permission, Role
from portal.delivery.access import requires
from portal.people.models import Patient
from portal.people.queries import get_visible_patient
from portal.web import arguments
from portal.web.rendering import page, redirect_to
from portal.web.staff import bp
from portal.web.staff.series_form import IN_THE_WAY, RHYTHMS, SeriesForm, chosen, offered, series_form


@bp.get("/series/new")
@requires(Permission.APPOINTMENT_BOOK_FOR_OTHERS)
def new_series() -> Response:
    """?patient_id=; once the address says what is to repeat, each date with whether it can be had."""
    patient = get_visible_patient(db.session, g.actor, arguments.whole_number("patient_id") or 0)
    found = offered()
    form = series_form(request.args, found)
    pattern = form.pattern(found) if "first_on" in request.args else None
    status = 422 if form.errors else 200
    return _show(patient, form, _looked_at(pattern, patient), status=status)


@bp.post("/series")
@requires(Permission.APPOINTMENT_BOOK_FOR_OTHERS)
def create_series() -> Response:
    """Book all dates as they were settled; or say which of them cannot be had, with all that was chosen."""
    patient = get_visible_patient(db.session, g.actor, _number("patient_id"))
    found = offered()
    form = series_form(request.form, found)
    pattern = form.pattern(found)
    if pattern is None:
        return _show(patient, form, None, status=422)
    try:
        pattern = replace(pattern, instead=chosen(pattern.count))
        series = in_transaction(db.session, lambda: _book(pattern, patient, form))
    except (Invalid, SlotTaken) as refusal:
        return _refused(patient, form, pattern, refusal)
    booked = get_visible_series(db.session, g.actor, series.id)
    said = "%(num)s appointment is booked. The patient is told in one message."
    flash(
        ngettext(
            said, "%(num)s appointments are booked. The patient is told in one message.", len(booked.visits)
        )
    )
    return redirect_to("staff.series", series_id=series.id)


@bp.get("/series/<int:series_id>")
@requires(Permission.APPOINTMENT_VIEW)
def series(series_id: int) -> Response:
    """All visits of a series; a read of the patient's record, and audited as one."""
    shown = find_series(series_id)
    first, now = shown.visits[0], clock.now()
    in_transaction(db.session, lambda: _audit(first))
    return page(
        "staff/series/show.html",
        series=shown,
        first=first,
        rhythm=dict(RHYTHMS)[shown.rhythm],
        coming=[visit for visit in shown.visits if is_to_come(visit, now)],
    )


def find_series(series_id: int) -> Series:
    """The series, for those who work with its visits; a colleague who is its patient learns nothing here."""
    found = get_visible_series(db.session, g.actor, series_id)
    if g.actor.role is Role.CLINICIAN and found.visits[0].clinician_id != g.actor.clinician_id:
        raise NotFound
    return found


def _book(pattern: Pattern, patient: Patient, form: SeriesForm) -> AppointmentSeries:
    return commands.repeat(
        db.session,
        pattern,
        form_key=_form_key(),
        patient=patient,
        by=g.actor,
        at=clock.now(),
        channel=Channel.DESK,
        session_type=form.way,
    )


def _refused(patient: Patient, form: SeriesForm, pattern: Pattern, refusal: Invalid | SlotTaken) -> Response:
    """The form as it was sent; what cannot be had any more is asked again."""
    if isinstance(refusal, SlotTaken):
        return _show(patient, form, _looked_at(pattern, patient), is_sent=True, status=409)
    form.form_errors += [gettext(message) for message in refusal.details.values()]
    try:
        proposal = _looked_at(pattern, patient)
    except Invalid:  # times that no page offers
        proposal = _looked_at(replace(pattern, instead={}), patient)
    return _show(patient, form, proposal, status=422)


def _looked_at(pattern: Pattern | None, patient: Patient) -> Proposal | None:
    if pattern is None:
        return None
    return commands.propose(db.session, pattern, patient=patient, by=g.actor, at=clock.now())


def _show(
    patient: Patient, form: SeriesForm, proposal: Proposal | None, *, is_sent: bool = False, status: int = 200
) -> Response:
    context: dict[str, Any] = {"patient": patient, "form": form, "proposal": proposal, "is_sent": is_sent}
    return page(
        "staff/series/new.html", status=status, in_the_way=IN_THE_WAY, form_key=_form_key(), **context
    )


def _form_key() -> uuid.UUID:
    """Made with the page, and sent with it: pressed twice it is the same."""
    try:
        return uuid.UUID(request.form.get("form_key", ""))
    except ValueError:
        return uuid.uuid4()


def _number(name: str) -> int:
    text = request.form.get(name, "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else 0


def _audit(first: Appointment) -> None:
    record_view(db.session, "appointment", first.id, by=g.actor, patient_id=first.patient_id, at=clock.now())
