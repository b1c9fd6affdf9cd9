"""Who stands in line for a clinician's times, and what is known of each."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, aliased

from portal.appointments.availability import Asking, busy
from portal.appointments.models import SessionType
from portal.core import clock
from portal.people.models import Clinician, Patient
from portal.scheduling.intervals import Interval
from portal.scheduling.models import Schedule, Service
from portal.scheduling.rosters import BookingRules
from portal.waiting_list.models import Entry, Offer, OfferState
from portal.waiting_list.queries import WAITING, WHOLE
from portal.waiting_list.rules import Waiter

DAY = timedelta(days=1)


def candidates(session: Session, clinician: Clinician) -> Sequence[Entry]:
    """Who waits for this clinician and is being offered nothing, in the order of joining."""
    is_asked = (
        select(Offer.id).where(Offer.patient_id == Entry.patient_id, Offer.state == OfferState.OPEN).exists()
    )
    named = Entry.clinician_id == clinician.id
    any_of = Entry.any_clinician & Entry.service_id.in_(_like_theirs(clinician))
    if clinician.requires_acceptance:  # nobody gives up a visit for one that may be declined
        any_of &= Entry.appointment_id.is_(None)
    found = (
        select(Entry)
        .join(Patient, Patient.id == Entry.patient_id)
        .options(*WHOLE)
        .where(WAITING, ~is_asked, Patient.deleted_at.is_(None), or_(named, any_of))
        .execution_options(populate_existing=True)
    )
    return session.scalars(found.order_by(Entry.created_at, Entry.id)).all()


def _like_theirs(clinician: Clinician) -> Select[int]:
    """The services, whoever's, that have the title of one of the clinician's."""
    theirs = aliased(Service)
    return (
        select(Service.id)
        .join(theirs, func.lower(theirs.title) == func.lower(Service.title))
        .where(theirs.clinician_id == clinician.id, theirs.is_active)
    )


def others_wanted() -> Select[int]:
    """Clinicians who offer what somebody waits for whoever it is with."""
    wished = aliased(Service)
    return (
        select(Service.clinician_id)
        .join(wished, func.lower(wished.title) == func.lower(Service.title))
        .join(Entry, Entry.service_id == wished.id)
        .where(WAITING, Entry.any_clinician, Service.is_active)
        .distinct()
    )


def waiters(
    session: Session,
    waiting: Sequence[Entry],
    services: Sequence[Service],
    *,
    rules: BookingRules,
    offers_a_day: int,
    at: datetime,
) -> list[Waiter]:
    """Those who wait, as facts, in the same order."""
    patients = {entry.patient_id for entry in waiting}
    asked = _asked(session, patients, at)
    today = _offers_since(session, patients, at - DAY)
    horizon = at + timedelta(days=rules.advance_days + 1)
    deadlines = _deadlines(session, waiting)
    engaged = busy(session, {entry.patient.resource_id for entry in waiting}, at, horizon, Asking(at))
    return [
        _waiter(
            entry,
            services,
            deadline=deadlines[entry.clinician_id],
            offers_left=offers_a_day - today.get(entry.patient_id, 0),
            asked=frozenset(asked[entry.patient_id]),
            engaged=engaged.get(entry.patient.resource_id, []),
        )
        for entry in _one_each(waiting)
    ]


def _one_each(waiting: Sequence[Entry]) -> list[Entry]:
    """Whoever waits for several things is asked for the oldest: two offers at once would have to be compared."""
    return list({entry.patient_id: entry for entry in reversed(waiting)}.values())[::-1]


def _waiter(
    entry: Entry,
    services: Sequence[Service],
    *,
    deadline: timedelta,
    offers_left: int,
    asked: frozenset[datetime],
    engaged: Sequence[Interval],
) -> Waiter:
    visit = entry.appointment
    until = visit.starts_at - deadline if visit else None
    return Waiter(
        entry_id=entry.id,
        services=frozenset(service.id for service in services if would_do(entry, service)),
        centre_id=entry.centre_id,
        weekdays=entry.weekdays,
        parts=entry.parts,
        last_on=entry.last_on,
        before=visit.starts_at if visit else None,
        movable_until=until,
        zone=clock.zone(entry.patient.time_zone or entry.zone.key),
        offers_left=offers_left,
        asked=asked,
        busy=engaged,
    )


def would_do(entry: Entry, service: Service) -> bool:
    """Is that service what they wait for, in the way they want it?"""
    is_same = service.id == entry.service_id
    is_alike = entry.any_clinician and service.title.lower() == entry.service.title.lower()
    if entry.appointment_id is not None and service.clinician_id == entry.clinician_id:
        is_alike = False  # a visit moves within its own service
    way = service.is_online if entry.session_type == SessionType.ONLINE else service.is_in_person
    return way and (is_same or is_alike)


def _deadlines(session: Session, waiting: Sequence[Entry]) -> dict[int, timedelta]:
    """How long before a visit its patient may still move it, by whom it is with."""
    found = select(Schedule.clinician_id, Schedule.cancellation_deadline_hours).where(
        Schedule.clinician_id.in_({entry.clinician_id for entry in waiting})
    )
    return {clinician_id: timedelta(hours=hours) for clinician_id, hours in session.execute(found)}


def _asked(session: Session, patients: Collection[int], at: datetime) -> dict[int, set[datetime]]:
    """The times that each was offered before, with whomever."""
    times: dict[int, set[datetime]] = defaultdict(set)
    found = select(Offer.patient_id, Offer.starts_at).where(
        Offer.patient_id.in_(patients), Offer.starts_at > at
    )
    for patient_id, starts_at in session.execute(found):
        times[patient_id].add(starts_at)
    return times


def _offers_since(session: Session, patients: Collection[int], since: datetime) -> dict[int, int]:
    counted = (
        select(Offer.patient_id, func.count())
        .where(Offer.patient_id.in_(patients), Offer.offered_at > since)
        .group_by(Offer.patient_id)
    )
    return dict(session.execute(counted).all())
