"""What changes a clinician's hours and services. None of it moves what is already booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.core.errors import Invalid, NotFound, _
from portal.people.events import ClinicianCreated
from portal.people.models import Clinician, ClinicianCentre
from portal.scheduling.errors import HoursEndBeforeStart, HoursOverlap
from portal.scheduling.models import DateException, Schedule, Service, WeeklyRule

FIRST_SERVICE = "Consultation"


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """One window of the week as somebody wants it: ISO weekday, wall times of the centre's zone."""

    weekday: int
    start_time: time
    end_time: time
    centre_id: int | None
    week_of_month: int | None = None
    slot_minutes: int | None = None


def open_schedule(session: Session, event: ClinicianCreated) -> None:
    """A new clinician starts with the default booking rules and one service at the consultation fee."""
    clinician = session.get_one(Clinician, event.clinician_id)
    session.add(Schedule(clinician_id=clinician.id))
    session.add(
        Service(
            clinician_id=clinician.id,
            title=FIRST_SERVICE,
            duration_minutes=clinician.default_duration_minutes,
            price_minor=clinician.consultation_fee_minor,
            is_online=clinician.primary_centre_id is None,
            is_in_person=clinician.primary_centre_id is not None,
        )
    )


def replace_hours(session: Session, clinician: Clinician, hours: Sequence[WeeklyHours], *, at: datetime) -> None:
    """Make these the clinician's whole week; raises HoursOverlap, HoursEndBeforeStart or Invalid (foreign centre)."""
    for window in hours:
        if window.end_time <= window.start_time:
            raise HoursEndBeforeStart
    _check_no_overlap(hours)
    _check_centres(session, clinician, {window.centre_id for window in hours})
    _lock_schedule(session, clinician.id).updated_at = at
    session.execute(delete(WeeklyRule).where(WeeklyRule.clinician_id == clinician.id))
    session.add_all(WeeklyRule(clinician_id=clinician.id, **_as_columns(window)) for window in hours)


def change_booking_rules(
    session: Session,
    clinician: Clinician,
    *,
    notice_hours: int,
    advance_days: int,
    deadline_hours: int,
    at: datetime,
) -> None:
    """How early, how far ahead and until when patients may book and cancel. Appointments made keep what they have."""
    schedule = _lock_schedule(session, clinician.id)
    schedule.min_booking_notice_hours = notice_hours
    schedule.max_advance_booking_days = advance_days
    schedule.cancellation_deadline_hours = deadline_hours
    schedule.updated_at = at


def add_exception(
    session: Session,
    clinician: Clinician,
    *,
    starts_on: date,
    ends_on: date,
    start_time: time | None = None,
    end_time: time | None = None,
    is_available: bool = False,
    centre_id: int | None = None,
    reason: str = "",
) -> DateException:
    """Leave (not available) or extra hours (available) on these dates, both included.

    Raises Invalid where dates or times do not make sense, HoursEndBeforeStart where they are the wrong way round.
    """
    if ends_on < starts_on:
        raise Invalid(details={"ends_on": _("The last day must not be before the first.")})
    if (start_time is None) != (end_time is None):
        raise Invalid(details={"start_time": _("Give both times, or none for whole days.")})
    if start_time is not None and end_time is not None and end_time <= start_time:
        raise HoursEndBeforeStart(details={"end_time": HoursEndBeforeStart.message})
    if is_available and start_time is None:
        raise Invalid(details={"start_time": _("Extra hours need a start and an end.")})
    _check_centres(session, clinician, {centre_id} if is_available or centre_id is not None else set())
    _lock_schedule(session, clinician.id)
    exception = DateException(
        clinician_id=clinician.id,
        centre_id=centre_id,
        starts_on=starts_on,
        ends_on=ends_on,
        start_time=start_time,
        end_time=end_time,
        is_available=is_available,
        reason=reason,
    )
    session.add(exception)
    return exception


def remove_exception(session: Session, clinician: Clinician, exception_id: int) -> None:
    """Take leave or extra hours back; raises NotFound when they are not this clinician's."""
    exception = session.get(DateException, exception_id)
    if exception is None or exception.clinician_id != clinician.id:
        raise NotFound
    session.delete(exception)


def clear_extra_hours(session: Session, clinician: Clinician, *, starts_on: date, ends_on: date) -> int:
    """Drop hand-made extra hours that lie wholly within these dates, so that the week's hours hold; leave stays."""
    within = delete(DateException).where(
        DateException.clinician_id == clinician.id,
        DateException.is_available,
        DateException.starts_on >= starts_on,
        DateException.ends_on <= ends_on,
    )
    return len(session.execute(within.returning(DateException.id)).all())


def add_service(session: Session, clinician: Clinician, **values: Any) -> Service:
    """Offer another service; `values` are the columns of `Service`, durations in minutes, price in minor units."""
    service = Service(clinician_id=clinician.id, **values)
    session.add(service)
    return service


def edit_service(session: Session, service: Service, **values: Any) -> None:
    """Change a service. Appointments already made keep the length and price they were made with."""
    for column, value in values.items():
        setattr(service, column, value)


def _check_no_overlap(hours: Sequence[WeeklyHours]) -> None:
    """A window of one week of the month meets those of every week on the same weekday."""
    by_day = sorted(hours, key=lambda window: (window.weekday, window.start_time))
    for week in (1, 2, 3, 4, 5):
        held = [window for window in by_day if window.week_of_month in (None, week)]
        for earlier, later in pairwise(held):
            if earlier.weekday == later.weekday and later.start_time < earlier.end_time:
                raise HoursOverlap


def _check_centres(session: Session, clinician: Clinician, centre_ids: set[int | None]) -> None:
    """Hours belong to a centre the clinician works at; only who works at none has hours without one."""
    own = set(session.scalars(select(ClinicianCentre.centre_id).where(ClinicianCentre.clinician_id == clinician.id)))
    if centre_ids - (own or {None}):
        raise Invalid(details={"centre_id": _("Choose a centre at which this clinician works.")})


def _lock_schedule(session: Session, clinician_id: int) -> Schedule:
    """Two people who change the same hours do so one after the other."""
    return session.scalars(select(Schedule).where(Schedule.clinician_id == clinician_id).with_for_update()).one()


def _as_columns(window: WeeklyHours) -> dict[str, Any]:
    return {name: getattr(window, name) for name in WeeklyHours.__slots__}
