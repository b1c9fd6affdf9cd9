"""My week: seven days at a glance."""

from datetime import date

from flask import Response, url_for
from flask_babel import gettext

from portal.bootstrap import db
from portal.core import clock
from portal.core.permissions import Permission
from portal.delivery.access import requires
from portal.web import arguments, labels
from portal.web.clinician import bp, diary
from portal.web.rendering import dom_id, page
from portal.web.timegrid import Entry, WeekDay
from portal.web.visits import Visit


@bp.get("/week")
@requires(Permission.DAY_SCHEDULE_OWN)
def week() -> Response:
    """The week, from Monday, that has `date` in it; this one unless told otherwise."""
    now = clock.now()
    clinician = diary.own_clinician(db.session)
    today = clock.local_day(now, clinician.zone)
    shown = arguments.day("date") or today
    monday = shown - shown.weekday() * diary.DAY
    days = [monday + number * diary.DAY for number in range(7)]
    own = diary.read(db.session, clinician, days[0], days[-1], now)
    return page(
        "clinician/week.html",
        fragment="clinician/_week.html",
        days=[_week_day(own, day) for day in days],
        zone=own.zone,
        now=now,
        first=days[0],
        last=days[-1],
        shown=shown,
        is_this_week=days[0] <= today <= days[-1],
        previous=monday - diary.WEEK,
        next=monday + diary.WEEK,
    )


def _week_day(own: diary.Diary, day: date) -> WeekDay:
    visits = own.on(day)
    off = _why_off(own, day)
    return WeekDay(
        on=day,
        entries=tuple(_entry(visit, day) for visit in visits),
        is_today=day == own.today,
        note=off if visits else "",
        href=url_for("clinician.day", date=day.isoformat()),
        empty=off or ("" if own.openings(day) else gettext("Not working")),
    )


def _why_off(own: diary.Diary, day: date) -> str:
    absences = own.absences(day)
    if absences:
        is_whole_day = absences[0].start_time is None
        return str(gettext("On leave") if is_whole_day else gettext("Away for part of the day"))
    return str(gettext("Holiday")) if own.closed_centres(day) else ""


def _entry(visit: Visit, day: date) -> Entry:
    """It leads to its day, with the patient beside it; a time that is only held has nobody to show yet."""
    return Entry(
        kind="appointment",
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        title=gettext("Being booked") if visit.is_hold else visit.patient_name or "",
        note=visit.service_title,
        look=labels.look(visit.status, visit.waiting_for, visit.arrived_at, visit.started_at),
        href=None
        if visit.is_hold
        else url_for("clinician.day", date=day, appointment=visit.id, _anchor="beside-title"),
        id=dom_id("week", visit.id),
    )
