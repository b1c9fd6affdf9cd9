"""All that a centre's day board shows, in a fixed number of queries however many clinicians there are."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import (
    BigInteger,
    Select,
    SmallInteger,
    Time,
    cast,
    false,
    func,
    null,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session

from portal.appointments.availability import Asking, Availability
from portal.appointments.delays import delays_at
from portal.appointments.models import Appointment, Status
from portal.appointments.queries import BOOKED, WITH_PEOPLE, visible_to
from portal.centres.models import Centre, Holiday
from portal.core import clock
from portal.core.permissions import Actor
from portal.payments.queries import Standing, standing_beside, with_standing
from portal.people.models import Clinician
from portal.people.queries import listed, works_at
from portal.scheduling.models import DateException, Service


@dataclass(frozen=True)
class Member:
    """A clinician of the centre and the service whose free times are shown; none where bookings are closed."""

    clinician: Clinician
    service: Service | None


@dataclass(frozen=True)
class Closure:
    """Leave of a clinician on the day: all of it, or between two wall times."""

    clinician_id: int
    start_time: time | None
    end_time: time | None
    reason: str


@dataclass(frozen=True)
class Facts:
    """One centre, one date. `titles` are the services offered there; `requests` wait to be cancelled, of any date.

    `late` says by clinician how many minutes they run late today, `standings` by id how each appointment stands with
    its money. What was cancelled is kept apart.
    """

    centre: Centre
    on: date
    members: Sequence[Member]
    availability: Availability
    requests: Sequence[Appointment]
    closures: Sequence[Closure]
    holiday: str
    titles: Sequence[tuple[int, str]]
    standings: Mapping[int, Standing]
    late: Mapping[int, int]
    _by_clinician: dict[int, list[Appointment]] = field(default_factory=dict)

    def of(self, clinician: Clinician) -> list[Appointment]:
        return [one for one in self._theirs(clinician) if one.status != Status.CANCELLED]

    def cancelled_of(self, clinician: Clinician) -> list[Appointment]:
        return [one for one in self._theirs(clinician) if one.status == Status.CANCELLED]

    def all_of(self, clinicians: Iterable[Clinician]) -> Iterator[Appointment]:
        """What they have and what was cancelled."""
        return (one for clinician in clinicians for one in self._theirs(clinician))

    def _theirs(self, clinician: Clinician) -> list[Appointment]:
        return self._by_clinician.get(clinician.id, [])

    def closures_of(self, clinician: Clinician) -> list[Closure]:
        return [closure for closure in self.closures if closure.clinician_id == clinician.id]


def load(
    session: Session, actor: Actor, centre: Centre, on: date, *, at: datetime, service_id: int | None
) -> Facts:
    """Six queries. With `service_id`, free times are those of services with the same title."""
    rows: Sequence[Any] = session.execute(_members_statement(centre.id)).all()
    titles = _titles([service for _, service, is_listed in rows if service is not None and is_listed])
    title = dict(titles).get(service_id or 0)
    members = _members(rows, title)
    clinicians = [member.clinician for member in members]
    availability = Availability(session, clinicians, on, on, Asking(at, is_staff=True), centre_id=centre.id)
    standings = _standings(session, actor, centre, on, at)
    requests, by_clinician = _appointments(standings, centre, on, at)
    known = {clinician.id for clinician in clinicians}
    guests = {key: theirs[0].clinician for key, theirs in by_clinician.items() if key not in known}
    members += [Member(clinician, None) for clinician in guests.values()]
    closures, holiday, late = _closures(session, centre, on, known, at)
    members.sort(key=_by_name)
    by_id = {one.id: standing for one, standing in standings.items()}
    return Facts(
        centre, on, members, availability, requests, closures, holiday, titles, by_id, late, by_clinician
    )


def _members_statement(centre_id: int) -> Select[Clinician, Service, bool]:
    return (
        select(Clinician, Service, listed().label("is_listed"))
        .outerjoin(Service, (Service.clinician_id == Clinician.id) & Service.is_active)
        .where(Clinician.deleted_at.is_(None), works_at(frozenset([centre_id])))
        .order_by(Clinician.id, Service.id)
    )


def _titles(services: Sequence[Service]) -> list[tuple[int, str]]:
    """Each title once, in alphabetical order, with the id of a service that stands for it."""
    found: dict[str, tuple[int, str]] = {}
    for service in services:
        found.setdefault(service.title.casefold(), (service.id, service.title))
    return [found[key] for key in sorted(found)]


def _members(rows: Sequence[Any], title: str | None) -> list[Member]:
    clinicians: dict[int, Clinician] = {}
    services: dict[int, list[Service]] = defaultdict(list)
    for clinician, service, is_listed in rows:
        clinicians[clinician.id] = clinician
        if service is not None and is_listed:
            services[clinician.id].append(service)
    return [
        Member(clinician, _shown(clinician, services[clinician.id], title))
        for clinician in clinicians.values()
    ]


def _shown(clinician: Clinician, services: list[Service], title: str | None) -> Service | None:
    """The service of the wanted title; without a wish the clinician's standard one, told by its length."""
    if title is not None:
        return next((service for service in services if service.title.casefold() == title.casefold()), None)
    usual = clinician.default_duration_minutes
    return min(services, key=lambda service: (service.duration_minutes != usual, service.id), default=None)


def _standings(
    session: Session, actor: Actor, centre: Centre, on: date, at: datetime
) -> dict[Appointment, Standing]:
    """Appointments of the date, with holds and what was cancelled of the booked, and those that ask to be cancelled,
    with their money: in one query."""
    begins, ends = clock.day_bounds(on, centre.zone)
    is_today = (Appointment.starts_at >= begins) & (Appointment.starts_at < ends)
    is_live = Appointment.status != Status.CANCELLED
    asks = is_live & Appointment.cancellation_requested_at.is_not(None) & (Appointment.starts_at > at)
    statement = (
        select(Appointment)
        .options(*WITH_PEOPLE)
        .where(
            visible_to(actor),
            Appointment.centre_id == centre.id,
            or_(is_live, BOOKED),
            or_(is_today, asks),
        )
        .order_by(Appointment.starts_at, Appointment.id)
    )
    rows = session.execute(with_standing(statement))
    return {
        one: standing_beside(one, statuses, is_covered=is_covered)
        for one, statuses, is_covered in rows
        if not one.is_expired(at)
    }


def _appointments(
    found: Iterable[Appointment], centre: Centre, on: date, at: datetime
) -> tuple[list[Appointment], dict[int, list[Appointment]]]:
    """Those that ask to be cancelled, and those of the date by clinician."""
    begins, ends = clock.day_bounds(on, centre.zone)
    requests = [one for one in found if one.cancellation_requested_at and one.starts_at > at and one.is_live]
    by_clinician: dict[int, list[Appointment]] = defaultdict(list)
    for one in found:
        if begins <= one.starts_at < ends:
            by_clinician[one.clinician_id].append(one)
    return requests, dict(by_clinician)


def _closures(
    session: Session, centre: Centre, on: date, clinician_ids: set[int], at: datetime
) -> tuple[list[Closure], str, dict[int, int]]:
    """Leave with its reasons, the centre's holiday on that date, and who runs late, as rows of one shape."""
    no_time = type_coerce(null(), Time)
    leave = select(
        DateException.clinician_id,
        DateException.start_time,
        DateException.end_time,
        DateException.reason,
        cast(null(), SmallInteger).label("late"),
    ).where(
        DateException.clinician_id.in_(clinician_ids) if clinician_ids else false(),
        DateException.is_available.is_(False),
        or_(DateException.centre_id.is_(None), DateException.centre_id == centre.id),
        DateException.starts_on <= on,
        DateException.ends_on >= on,
    )
    holidays = select(
        type_coerce(null(), BigInteger), no_time, no_time, func.trim(Holiday.name), null()
    ).where(Holiday.centre_id == centre.id, Holiday.holiday_on == on)
    delays = delays_at(centre.id, at).subquery()
    late = select(delays.c.clinician_id, no_time, no_time, null(), delays.c.minutes)
    parts = [holidays, late] if on == clock.local_day(at, centre.zone) else [holidays]
    rows: Sequence[Any] = session.execute(leave.union_all(*parts)).all()
    closures = [Closure(*row[:4]) for row in rows if row.clinician_id is not None and row.late is None]
    holiday = next((row.reason for row in rows if row.clinician_id is None), "")
    return closures, holiday, {row.clinician_id: row.late for row in rows if row.late}


def _by_name(member: Member) -> str:
    return member.clinician.account.full_name.casefold()
