"""What changes a clinician's hours and services. None of it moves what is already booked."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from portal.centres.models import Centre
from portal.core import clock
from portal.core.errors import Forbidden, Invalid, NotFound, _
from portal.core.permissions import Actor, Role
from portal.people.errors import FeeIsSetByPractice
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


def replace_hours(
    session: Session,
    clinician: Clinician,
    hours: Sequence[WeeklyHours],
    *,
    at: datetime,
    by: Actor | None = None,
) -> None:
    """Make these the clinician's whole week; for somebody bound to a centre, the part of it at that centre.

    Raises HoursOverlap and HoursEndBeforeStart with the position of the window, Forbidden for hours at another
    centre than one's own, Invalid for a centre where the clinician does not work.
    """
    for position, window in enumerate(hours):
        if window.end_time <= window.start_time:
            raise HoursEndBeforeStart(position=position)
    _check_centres(session, clinician, {window.centre_id for window in hours})
    _lock_schedule(session, clinician.id).updated_at = at
    before = list(session.scalars(select(WeeklyRule).where(WeeklyRule.clinician_id == clinician.id)))
    replaced = [rule for rule in before if by is None or _may_change(by, rule.centre_id)]
    if by is not None and not all(_may_change(by, window.centre_id) for window in hours):
        raise Forbidden
    _check_no_overlap(hours, [rule for rule in before if rule not in replaced])
    session.execute(delete(WeeklyRule).where(WeeklyRule.id.in_([rule.id for rule in replaced])))
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
    if is_available and starts_on == ends_on and start_time is not None and end_time is not None:
        where = clinician.zone if centre_id is None else session.get_one(Centre, centre_id).zone
        _check_not_skipped(starts_on, start_time, end_time, where)
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


def add_service(
    session: Session,
    clinician: Clinician,
    *,
    by: Actor | None = None,
    price_minor: int | None = None,
    **values: Any,
) -> Service:
    """Offer another service; `values` are the columns of `Service`, durations in minutes, price in minor units.

    Without a price it costs the clinician's consultation fee. Raises FeeIsSetByPractice for clinicians who work at
    a centre and name another price and, from `in_transaction`, Invalid for lengths that make no sense.
    """
    usual = clinician.consultation_fee_minor
    price_minor = usual if price_minor is None else price_minor
    if price_minor != usual and not may_set_price(clinician, by):
        raise FeeIsSetByPractice
    service = Service(clinician_id=clinician.id, price_minor=price_minor, **values)
    session.add(service)
    return service


def edit_service(session: Session, service: Service, *, by: Actor | None = None, **values: Any) -> None:
    """Change a service. Appointments already made keep the length and price they were made with.

    Raises as `add_service`.
    """
    clinician = session.get_one(Clinician, service.clinician_id)
    if values.get("price_minor", service.price_minor) != service.price_minor and not may_set_price(
        clinician, by
    ):
        raise FeeIsSetByPractice
    for column, value in values.items():
        setattr(service, column, value)


def may_set_price(clinician: Clinician, by: Actor | None) -> bool:
    """At a centre the practice sets the prices; a clinician who works at none sets their own."""
    return by is None or by.role is not Role.CLINICIAN or clinician.primary_centre_id is None


def _may_change(by: Actor, centre_id: int | None) -> bool:
    return by.role is Role.CLINICIAN or by.may_at(centre_id)


def _check_no_overlap(hours: Sequence[WeeklyHours], kept: Sequence[WeeklyRule]) -> None:
    """A window of one week of the month meets those of every week on the same weekday."""
    windows: list[WeeklyHours | WeeklyRule] = [*hours, *kept]
    by_day = sorted(enumerate(windows), key=lambda held: (held[1].weekday, held[1].start_time))
    for week in (1, 2, 3, 4, 5):
        of_week = [held for held in by_day if held[1].week_of_month in (None, week)]
        for (first, earlier), (second, later) in pairwise(of_week):
            if earlier.weekday == later.weekday and later.start_time < earlier.end_time:
                raise HoursOverlap(position=second if second < len(hours) else first)


def _check_centres(session: Session, clinician: Clinician, centre_ids: set[int | None]) -> None:
    """Hours belong to a centre the clinician works at; only who works at none has hours without one."""
    own: set[int | None] = set(
        session.scalars(select(ClinicianCentre.centre_id).where(ClinicianCentre.clinician_id == clinician.id))
    )
    if centre_ids - (own or {None}):
        raise Invalid(details={"centre_id": _("Choose a centre at which this clinician works.")})


def _check_not_skipped(on: date, start: time, end: time, where: ZoneInfo) -> None:
    """Hours that the clocks leap over in spring would be no hours, or others than were written."""
    begins = clock.local(clock.at(on, start, where), where).time()
    if begins != start and end <= begins:
        raise Invalid(details={"start_time": SKIPPED})


SKIPPED = _("The clocks go forward that night and leave these hours out. Choose other hours.")


def lock_schedules(session: Session, clinician_ids: Collection[int]) -> None:
    """Let nobody else change the hours of these clinicians until the transaction ends; in the order of their ids."""
    which = Schedule.clinician_id.in_(clinician_ids)
    session.execute(select(Schedule.id).where(which).order_by(Schedule.clinician_id).with_for_update())


def _lock_schedule(session: Session, clinician_id: int) -> Schedule:
    """Two people who change the same hours do so one after the other."""
    return session.scalars(
        select(Schedule).where(Schedule.clinician_id == clinician_id).with_for_update()
    ).one()


def _as_columns(window: WeeklyHours) -> dict[str, Any]:
    return {name: getattr(window, name) for name in WeeklyHours.__slots__}
