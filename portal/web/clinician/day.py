"""My day: what is next, who is here, when there is a breather; and beside it, who was chosen."""

from datetime import date, datetime, timedelta
from typing import Any

from flask import Response, g, request, url_for

from portal.appointments.delays import delays_of
from portal.appointments.models import Appointment, Status
from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.payments.queries import Standing
from portal.web import arguments
from portal.web.account.steps import Step, missing, profile_steps, ready
from portal.web.clinician import agenda, beside, bp, diary
from portal.web.clinician.note_form import BesideNoteForm
from portal.web.form_keys import form_key
from portal.web.rendering import page, wants_fragment
from portal.web.visits import Visit

MINUTE = timedelta(minutes=1)


@bp.get("/day")
@requires(Permission.DAY_SCHEDULE_OWN)
def day() -> Response:
    """The clinician's own day, today unless `date` names another; htmx asks for it again each minute of today.

    ?appointment= opens a visit beside it; to htmx what stands there alone.
    """
    chosen, on = arguments.whole_number("appointment"), arguments.day("date")
    if chosen is None:
        return day_page(on, chosen)
    if wants_fragment() and request.headers.get("HX-Target") == "beside":
        return page("clinician/_beside.html", **opened(*beside.find(chosen), clock.now()))
    return day_page(on or beside.day_of(chosen), chosen)


def day_page(
    on: date | None, chosen: int | None, *, note: BesideNoteForm | None = None, status: int = 200
) -> Response:
    """The day, with the visit that is chosen beside it, and the note on it as it was sent."""
    now = clock.now()
    clinician = diary.own_clinician(db.session)
    today = clock.local_day(now, clinician.zone)
    shown = on or today
    own = diary.read(db.session, clinician, shown, shown, now)
    return page(
        "clinician/day.html",
        fragment="clinician/_day.html",
        status=status,
        chosen=chosen,
        clinician=clinician,
        zone=own.zone,
        now=now,
        shown=shown,
        day_href=url_for("clinician.day", date=shown),
        is_today=shown == today,
        previous=shown - diary.DAY,
        next=shown + diary.DAY,
        **_agenda(own, shown, now),
        **_chosen(chosen, now, note),
        late=max((one.minutes for one in delays_of(db.session, [clinician.id], now).values()), default=0)
        if shown == today
        else 0,
        steps=_steps(own) if shown == today and not wants_fragment() else [],
    )


def opened(
    visit: Appointment, standing: Standing, at: datetime, note: BesideNoteForm | None = None
) -> dict[str, Any]:
    """What the panel beside the day is drawn from."""
    return {
        "opened": beside.read(visit, standing, at),
        "state": beside.now(visit, standing, at),
        "note": note or BesideNoteForm(formdata=None),
        "form_key": form_key(),
    }


def _agenda(own: diary.Diary, shown: date, now: datetime) -> dict[str, Any]:
    visits, openings = own.on(shown), own.openings(shown)
    is_today = shown == own.today
    return {
        "rows": agenda.rows(visits, openings, actor=g.actor, at=now, shows_now=is_today),
        "elsewhere": [request_ for request_ in own.requests if request_ not in visits],
        "counts": _counts(visits),
        "free_minutes": agenda.free_time(visits, openings, since=now if is_today else None) // MINUTE,
        "absences": own.absences(shown),
        "closed": own.closed_centres(shown),
    }


def _chosen(chosen: int | None, at: datetime, note: BesideNoteForm | None) -> dict[str, Any]:
    """Of a refresh only how the visit stands now: what else stands beside the day stays as it is."""
    if chosen is None:
        beside.closed()
        return {"opened": None}
    visit, standing = beside.find(chosen)
    if not wants_fragment():
        return opened(visit, standing, at, note)
    state = beside.now(visit, standing, at)
    return {"opened": None, "state": state if state.stamp != request.args.get("stamp") else None}


def _steps(own: diary.Diary) -> list[Step]:
    """What is left before patients can book; asked further only where something is seen to be missing."""
    has_week = any(table.hours for table in own.timetables.values())
    return [] if has_week and not missing(own.clinician) else profile_steps(ready(own.clinician))


def _counts(visits: list[Visit]) -> dict[str, int]:
    """Booked are all that were promised to a patient; arrived, those who have come."""
    booked = [visit for visit in visits if not visit.is_hold]
    return {
        "booked": len(booked),
        "arrived": sum(1 for visit in booked if visit.arrived_at),
        "requests": sum(1 for visit in booked if visit.status == Status.PENDING),
    }
