"""My day: what is next, who is here, when there is a breather; the sheet to print."""

from datetime import timedelta

from flask import Response, g

from portal.appointments.models import Appointment, Status
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.web import arguments
from portal.web.account.steps import Step, missing, profile_steps, ready
from portal.web.clinician import agenda, bp, diary
from portal.web.rendering import page, wants_fragment

MINUTE = timedelta(minutes=1)


@bp.get("/day")
@requires(Permission.DAY_SCHEDULE_OWN)
def day() -> Response:
    """The clinician's own day, today unless `date` names another; htmx asks for it again each minute of today."""
    now = clock.now()
    clinician = diary.own_clinician(db.session)
    today = clock.local_day(now, clinician.zone)
    shown = arguments.day("date") or today
    own = diary.read(db.session, clinician, shown, shown, now)
    visits, openings = own.on(shown), own.openings(shown)
    is_today = shown == today
    waiting = diary.requests_waiting(db.session, clinician, now)
    free = agenda.free_time(visits, openings, since=now if is_today else None)
    return page(
        "clinician/day.html",
        fragment="clinician/_day.html",
        clinician=clinician,
        zone=own.zone,
        now=now,
        shown=shown,
        is_today=is_today,
        previous=shown - diary.DAY,
        next=shown + diary.DAY,
        standings=own.standings,
        rows=agenda.rows(visits, openings, actor=g.actor, at=now, shows_now=is_today),
        elsewhere=[request for request in waiting if request not in visits],
        counts=_counts(visits),
        free_minutes=free // MINUTE,
        absences=own.absences(shown),
        closed=own.closed_centres(shown),
        steps=_steps(own) if is_today and not wants_fragment() else [],
    )


def _steps(own: diary.Diary) -> list[Step]:
    """What is left before patients can book; asked further only where something is seen to be missing."""
    has_week = any(table.hours for table in own.timetables.values())
    return [] if has_week and not missing(own.clinician) else profile_steps(ready(own.clinician))


def _counts(visits: list[Appointment]) -> dict[str, int]:
    """Booked are all that were promised to a patient; arrived, those who have come."""
    booked = [visit for visit in visits if not visit.is_hold]
    return {
        "booked": len(booked),
        "arrived": sum(1 for visit in booked if visit.arrived_at),
        "requests": sum(1 for visit in booked if visit.status == Status.PENDING),
    }
