"""Looking at what is free and offering it, one clinician in a transaction. Any number of processes may look at once."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import chain
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from portal.appointments import commands as appointments
from portal.appointments.availability import Asking, Availability
from portal.appointments.commands.locking import lock_resources
from portal.appointments.models import SessionType
from portal.appointments.slots import Slot, SlotKey
from portal.core import clock
from portal.core.errors import PortalError
from portal.core.events import publish
from portal.core.permissions import SYSTEM
from portal.people.models import Clinician
from portal.scheduling.models import Service
from portal.scheduling.queries import booking_rules
from portal.scheduling.rosters import BookingRules
from portal.waiting_list.events import TimeOffered
from portal.waiting_list.lining_up import candidates, others_wanted, waiters, would_do
from portal.waiting_list.models import EndReason, Entry, Offer, Opening
from portal.waiting_list.queries import WAITING, over
from portal.waiting_list.rules import Match, Practice, matches

DAY = timedelta(days=1)
HOLDER = "waiting list"  # no browser's: those are hashes


def note_all(session: Session, *, at: datetime) -> int:
    """End what nobody can wait for any more, and ask for a look at all whom somebody waits for; how many those are.

    Finds what no event tells of: leave that ended, new hours, the night that is over.
    """
    session.execute(update(Entry).where(WAITING, over(at)).values(ended_at=at, end_reason=EndReason.OVER))
    wanted = set(session.scalars(select(Entry.clinician_id).where(WAITING, ~Entry.any_clinician).distinct()))
    wanted |= set(session.scalars(others_wanted()))
    session.add_all(Opening(clinician_id=one, noted_at=at) for one in sorted(wanted))
    return len(wanted)


def offer_next(session: Session, practice: Practice, *, at: datetime) -> int | None:
    """Look at one clinician who is noted, and offer what is free; how many offers, None where nobody is noted."""
    noted = select(Opening).order_by(Opening.id).limit(1).with_for_update(skip_locked=True)
    opening = session.scalar(noted)
    if opening is None:
        return None
    # What is noted from here on is looked at again: only rows that can be seen now are done with.
    same = (
        select(Opening.id)
        .where(Opening.clinician_id == opening.clinician_id)
        .with_for_update(skip_locked=True)
    )
    session.execute(delete(Opening).where(Opening.id.in_(session.scalars(same).all())))
    return offer_times_of(session, opening.clinician_id, practice, at=at)


def offer_times_of(session: Session, clinician_id: int, practice: Practice, *, at: datetime) -> int:
    """Offer this clinician's free times to those who wait for them; how many offers were made."""
    clinician = session.get_one(Clinician, clinician_id)
    waiting = candidates(session, clinician)
    if not waiting:
        return 0
    # All whose time is given away, in order, before anything is read that decides.
    lock_resources(session, {clinician.resource_id, *(entry.patient.resource_id for entry in waiting)})
    locked = {entry.id for entry in waiting}
    waiting = [entry for entry in candidates(session, clinician) if entry.id in locked]
    if not waiting:
        return 0
    services = _services(session, clinician, waiting)
    rules = booking_rules(session, clinician_id)
    availability = Availability(
        session, [clinician], at.date() - DAY, _last_day(waiting, rules, at), Asking(at)
    )
    slots = sorted(
        chain.from_iterable(availability.free(service) for service in services),
        key=lambda slot: (slot.starts_at, slot.service_id),
    )
    chosen = matches(
        slots,
        waiters(session, waiting, services, rules=rules, offers_a_day=practice.offers_a_day, at=at),
        zone_of=lambda slot: _zone_of(clinician, slot),
        notice=timedelta(hours=rules.notice_hours),
        practice=practice,
        at=at,
    )
    by_id = {entry.id: entry for entry in waiting}
    return sum(_offer(session, by_id[match.waiter.entry_id], match, at) for match in chosen)


def _offer(session: Session, entry: Entry, match: Match, at: datetime) -> bool:
    """Hold the time and say so. The hold is nobody's yet, so that it is in the way of no other booking of theirs."""
    minutes = (match.expires_at - at) // timedelta(minutes=1)
    try:
        hold = appointments.hold(
            session,
            SlotKey.of(match.slot),
            by=SYSTEM,
            at=at,
            minutes=minutes,
            session_type=SessionType(entry.session_type),
        )
    except PortalError:  # it is not open for bookings after all
        return False
    hold.holder_hash = HOLDER
    offer = Offer(
        entry_id=entry.id,
        patient_id=entry.patient_id,
        clinician_id=match.slot.clinician_id,
        hold_id=hold.id,
        starts_at=match.slot.starts_at,
        previous_starts_at=entry.appointment.starts_at if entry.appointment else None,
        offered_at=at,
        expires_at=match.expires_at,
    )
    session.add(offer)
    session.flush()
    publish(session, TimeOffered(offer.id, at))
    return True


def _services(session: Session, clinician: Clinician, waiting: Sequence[Entry]) -> Sequence[Service]:
    """What the clinician offers and one of these waits for."""
    offered = select(Service).where(Service.clinician_id == clinician.id, Service.is_active)
    found = session.scalars(offered.order_by(Service.id)).all()
    return [service for service in found if any(would_do(entry, service) for entry in waiting)]


def _last_day(waiting: Sequence[Entry], rules: BookingRules, at: datetime) -> date:
    """The last date that would do for any of them, as far as patients may book."""
    horizon = at.date() + timedelta(days=rules.advance_days + 1)
    lasts = [
        entry.appointment.starts_at.date() + DAY if entry.appointment else entry.last_on for entry in waiting
    ]
    return min(horizon, max(last for last in lasts if last is not None))


def _zone_of(clinician: Clinician, slot: Slot) -> ZoneInfo:
    zones = {centre.id: centre.time_zone for centre in clinician.centres}
    return clock.zone(zones.get(slot.centre_id or 0, clinician.time_zone))
