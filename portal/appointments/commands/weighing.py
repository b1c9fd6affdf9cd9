"""What a change to hours, rules, services or who works where would do, found out by making it and taking it back."""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.appointments.availability import Asking, Availability
from portal.appointments.commands.stranding import ids_outside_hours, is_coming
from portal.appointments.models import Appointment
from portal.centres.models import Centre
from portal.core import clock
from portal.people.models import Clinician
from portal.people.queries import listed
from portal.scheduling.intervals import Interval, merged
from portal.scheduling.models import Service

FOUR_WEEKS = timedelta(days=28)


@dataclass(frozen=True)
class Extent:
    """In four weeks: minutes at work of all together, and how many times patients are offered."""

    worked_minutes: int
    times: int


@dataclass(frozen=True)
class Effect:
    """The four weeks from `first_on` before and after a change, and the ids of the appointments it would strand."""

    first_on: date
    last_on: date
    before: Extent
    after: Extent
    stranded_ids: frozenset[int]


@dataclass(frozen=True)
class Scope:
    """Whom a change is about; where, if it is about one centre alone."""

    clinicians: Sequence[Clinician]
    centre: Centre | None = None

    @property
    def ids(self) -> list[int]:
        return [clinician.id for clinician in self.clinicians]

    def today(self, at: datetime) -> date:
        where = self.centre.zone if self.centre else self.clinicians[0].zone
        return clock.local_day(at, where)


def weigh(
    session: Session,
    scope: Scope,
    change: Callable[[], object],
    *,
    at: datetime,
    from_on: date | None = None,
) -> Effect:
    """What the change would do to the four weeks from today, or from a later date; nothing is changed.

    Raises whatever the change refuses.
    """
    today = scope.today(at)
    first = max(from_on or today, today)
    before = _extent(session, scope, first, at)
    outside, unkept = _outside(session, scope, at), _unkept(session, scope.ids, at)
    trial = session.begin_nested()
    try:
        change()
        session.flush()
        after = _extent(session, scope, first, at)
        stranded = (_outside(session, scope, at) - outside) | (_unkept(session, scope.ids, at) - unkept)
    finally:
        trial.rollback()
    return Effect(first, first + FOUR_WEEKS - _DAY, before, after, frozenset(stranded))


def _outside(session: Session, scope: Scope, at: datetime) -> set[int]:
    return ids_outside_hours(session, list(scope.clinicians), at=at)


def _unkept(session: Session, clinician_ids: Collection[int], at: datetime) -> set[int]:
    """Coming appointments of a clinician, or at a centre, that is switched off."""
    is_off = or_(~Clinician.is_active, ~Account.is_active, ~Centre.is_active, Centre.deleted_at.is_not(None))
    found = (
        select(Appointment.id)
        .join(Clinician, Clinician.id == Appointment.clinician_id)
        .join(Account, Account.id == Clinician.account_id)
        .outerjoin(Centre, Centre.id == Appointment.centre_id)
        .where(is_coming(at), Appointment.clinician_id.in_(clinician_ids), is_off)
    )
    return set(session.scalars(found))


def _extent(session: Session, scope: Scope, first: date, at: datetime) -> Extent:
    """Who is switched off works no hours; who is not listed is not offered, but works."""
    at_work, offered = _who(session, scope.ids)
    clinicians = [clinician for clinician in scope.clinicians if clinician.id in at_work]
    centre_id = scope.centre.id if scope.centre else None
    last = first + FOUR_WEEKS - _DAY
    found = Availability(session, clinicians, first, last, Asking(at), centre_id=centre_id)
    length = sum((opening.end - opening.start for opening in _worked(found, at_work, first)), timedelta())
    services = session.scalars(select(Service).where(Service.clinician_id.in_(offered), Service.is_active))
    starts = {
        (slot.clinician_id, slot.centre_id, slot.starts_at)
        for service in services
        for slot in found.free(service)
    }
    return Extent(length // timedelta(minutes=1), len(starts))


def _who(session: Session, clinician_ids: Collection[int]) -> tuple[set[int], set[int]]:
    """Of these clinicians those who work, and those whom patients may book."""
    is_there = (Clinician.is_active & Account.is_active).label("is_there")
    statement = select(Clinician.id, is_there, listed().label("is_listed")).join(
        Account, Account.id == Clinician.account_id
    )
    rows = session.execute(statement.where(Clinician.id.in_(clinician_ids))).all()
    return {row.id for row in rows if row.is_there}, {row.id for row in rows if row.is_listed}


def _worked(found: Availability, clinician_ids: Collection[int], first: date) -> Iterator[Interval]:
    """Hours at several centres at once are one person's hours."""
    days = [first + timedelta(days=number) for number in range(FOUR_WEEKS.days)]
    for clinician_id in clinician_ids:
        yield from merged(
            opening
            for place, timetable in found.timetables.items()
            if place[0] == clinician_id
            for day in days
            for opening, _ in timetable.openings(day)
        )


_DAY = timedelta(days=1)
