"""The next visit: a few times to choose from, and one press that books."""

from flask import Response, flash, g, request
from flask_babel import gettext

from portal.appointments import commands
from portal.appointments.availability import Asking
from portal.appointments.errors import NotBookable, SlotTaken
from portal.appointments.following import next_times
from portal.appointments.models import Appointment, Channel
from portal.appointments.slots import SlotKey
from portal.bootstrap import db
from portal.core import clock
from portal.core.db import in_transaction
from portal.core.errors import Invalid
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.scheduling.rules import Refusal
from portal.web.clinician import beside, bp
from portal.web.filters import date_time
from portal.web.rendering import page, redirect_to
from portal.web.staff.series_form import repeating

RULES_OF_PATIENTS = frozenset({Refusal.TOO_SOON, Refusal.TOO_FAR})


@bp.get("/appointments/<int:appointment_id>/next-visit")
@requires(Permission.DAY_SCHEDULE_OWN)
def next_visit(appointment_id: int) -> Response:
    """When the patient could come again: the same hour in some weeks, or the nearest free times."""
    visit, _ = beside.find(appointment_id)
    return _show(visit)


@bp.post("/appointments/<int:appointment_id>/next-visit")
@requires(Permission.DAY_SCHEDULE_OWN)
def book_next_visit(appointment_id: int) -> Response:
    """Book it; a time that is gone meanwhile is said, with what is free now."""
    visit, _ = beside.find(appointment_id)
    key = SlotKey.parse(request.form.get("slot", ""))
    try:
        booked = in_transaction(db.session, lambda: _book(visit, key))
    except (SlotTaken, NotBookable) as refusal:
        return _show(visit, problem=gettext(refusal.message), status=int(refusal.status))
    except Invalid as refusal:
        problem = next(iter(refusal.details.values()), refusal.message)
        return _show(visit, problem=gettext(problem), status=422)
    flash(
        gettext("Booked: %(when)s. The patient is told.", when=date_time(booked.starts_at, booked.zone)),
        "success",
    )
    on = clock.local_day(visit.starts_at, visit.clinician.zone)
    return redirect_to("clinician.day", date=on, appointment=visit.id, _anchor="beside-title")


def _book(visit: Appointment, key: SlotKey) -> Appointment:
    """Clinicians are not bound by how far ahead patients may book; that they went beyond it is kept with the reason."""
    return commands.book_next(
        db.session,
        key,
        after=visit,
        by=g.actor,
        at=clock.now(),
        channel=Channel.DESK,
        override=commands.Override(RULES_OF_PATIENTS, gettext("Next visit")),
    )


def _show(visit: Appointment, *, problem: str = "", status: int = 200) -> Response:
    patient = visit.patient
    asking = Asking(clock.now(), is_staff=True, patient_resource_id=patient.resource_id if patient else None)
    return page(
        "clinician/next_visit.html",
        fragment="clinician/_next_visit.html",
        status=status,
        visit=visit,
        times=next_times(db.session, visit, asking),
        repeat=repeating(visit),
        problem=problem,
    )
