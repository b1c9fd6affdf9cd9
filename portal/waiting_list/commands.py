"""The verbs of those who wait and of the desk: join, leave, accept, decline."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from portal.appointments import commands as appointments
from portal.appointments.commands.locking import lock_for_change, lock_resources
from portal.appointments.commands.offering import check_may_book_for, find_offer
from portal.appointments.models import Appointment, SessionType
from portal.appointments.rules import check_reschedulable
from portal.appointments.slots import SlotKey
from portal.core import clock
from portal.core.errors import Forbidden, Invalid, PortalError, _
from portal.core.permissions import SYSTEM, Actor, Role
from portal.people.models import Patient
from portal.scheduling.queries import booking_rules
from portal.waiting_list.errors import AlreadyWaiting, NothingToWaitFor, OfferGone
from portal.waiting_list.models import EndReason, Entry, Offer, OfferState, Opening, PartOfDay
from portal.waiting_list.queries import WAITING

LONGEST_WISH = timedelta(days=180)
USUAL_WISH = timedelta(days=60)
ALL_DAYS, ALL_PARTS = (1, 2, 3, 4, 5, 6, 7), tuple(PartOfDay)


@dataclass(frozen=True)
class When:
    """Which days of the week and parts of the day would do; `last_on` is the last date, for a wish."""

    weekdays: tuple[int, ...] = ALL_DAYS
    parts: tuple[str, ...] = ALL_PARTS
    last_on: date | None = None

    def check(self, today: date) -> None:
        """Raises Invalid, by field."""
        problems = {}
        if not self.weekdays or not set(self.weekdays) <= set(ALL_DAYS):
            problems["weekdays"] = _("Choose at least one day.")
        if not self.parts or not set(self.parts) <= set(ALL_PARTS):
            problems["parts"] = _("Choose at least one time of day.")
        if self.last_on is not None and not today <= self.last_on <= today + LONGEST_WISH:
            problems["last_on"] = _("Choose a date within the next six months.")
        if problems:
            raise Invalid(details=problems)


def join_for_earlier(
    session: Session,
    appointment: Appointment,
    when: When,
    *,
    any_clinician: bool = False,
    by: Actor,
    at: datetime,
) -> Entry:
    """Wait for an earlier time of a visit, at the same place, with the same clinician or `any_clinician`.

    Raises Invalid, AlreadyWaiting, NothingToWaitFor.
    """
    deadline_hours = booking_rules(session, appointment.clinician_id).deadline_hours
    try:
        check_reschedulable(appointment, by=by, at=at, deadline_hours=deadline_hours)
    except PortalError:
        raise NothingToWaitFor from None
    if appointment.patient_id is None or (by.is_staff and not by.may_at(appointment.centre_id)):
        raise Forbidden
    entry = Entry(
        patient_id=appointment.patient_id,
        appointment_id=appointment.id,
        clinician_id=appointment.clinician_id,
        any_clinician=any_clinician,
        service_id=appointment.service_id,
        centre_id=appointment.centre_id,
        session_type=appointment.session_type,
        last_on=when.last_on,
    )
    _check_not_waiting(session, Entry.appointment_id == appointment.id)
    return _join(session, entry, when, by=by, at=at, today=clock.local_day(at, appointment.zone))


def join_for_any(
    session: Session,
    key: SlotKey,
    patient: Patient,
    when: When,
    *,
    any_clinician: bool,
    session_type: SessionType | None,
    by: Actor,
    at: datetime,
) -> Entry:
    """Wait for any time of a service at a place; the start of `key` says nothing here.

    Raises Invalid, AlreadyWaiting, Forbidden, NotBookable.
    """
    offer = find_offer(session, key)
    check_may_book_for(session, offer, patient, by)
    service = offer.service
    ways = [SessionType.IN_PERSON] if service.is_in_person and offer.centre else []
    ways += [SessionType.ONLINE] if service.is_online else []
    if session_type is not None and session_type not in ways:
        raise Invalid(details={"session_type": _("Choose one of the ways that are offered.")})
    today = clock.local_day(at, clock.zone(offer.time_zone))
    entry = Entry(
        patient_id=patient.id,
        clinician_id=offer.clinician.id,
        any_clinician=any_clinician,
        service_id=service.id,
        centre_id=key.centre_id,
        session_type=session_type or ways[0],
        last_on=when.last_on or today + USUAL_WISH,
    )
    _check_not_waiting(
        session,
        (Entry.patient_id == patient.id) & (Entry.service_id == service.id) & Entry.appointment_id.is_(None),
    )
    return _join(session, entry, when, by=by, at=at, today=today)


def leave(session: Session, entry: Entry, *, by: Actor, at: datetime) -> None:
    """Wait no longer; what is being offered goes to the next. Leaving twice is leaving once."""
    being_asked = select(Offer).where(Offer.entry_id == entry.id, Offer.state == OfferState.OPEN)
    clinicians = {offer.hold.clinician.resource_id for offer in session.scalars(being_asked)}
    # Nobody is asked whose resource is locked; what was offered until now is read after that.
    lock_resources(session, {entry.patient.resource_id, *clinicians})
    for offer in session.scalars(being_asked):
        decline(session, offer, at=at)
    end(session, entry, EndReason.STAFF if by.is_staff else EndReason.LEFT, at=at)


def decline(session: Session, offer: Offer, *, at: datetime) -> None:
    """No thanks: the time goes to the next. What is no longer open stays as it is."""
    _lock(session, offer)
    if offer.state != OfferState.OPEN:
        return
    offer.state, offer.settled_at = OfferState.DECLINED, at
    session.flush()
    appointments.release(session, offer.hold, by=SYSTEM, at=at)


def accept(session: Session, offer: Offer, *, at: datetime, is_paid_first: bool = False) -> Appointment:
    """Take the time: the visit moves there, or a new one is booked. Accepting twice is accepting once.

    Where a booking `is_paid_first`, the answer to a new one is the time held for its patient, to be paid for. What a
    new one replaces is cancelled when that is booked (see `subscribers.follow_booking`), not before.
    Raises OfferGone, or what rescheduling and booking refuse.
    """
    _lock(session, offer)
    entry = offer.entry
    if offer.state == OfferState.ACCEPTED:
        return offer.visit
    if not offer.is_open(at) or not offer.hold.is_hold:
        raise OfferGone
    offer.state, offer.settled_at = OfferState.ACCEPTED, at
    end(session, entry, EndReason.ACCEPTED, at=at)
    session.flush()
    by = actor_of(offer.patient)
    if entry.appointment is not None and not entry.appointment.is_live:
        raise NothingToWaitFor
    if offer.moves_visit:
        return _move(session, offer, by=by, at=at)
    appointments.adopt(session, offer.hold, offer.patient, by=by, at=at)
    return offer.hold if is_paid_first else appointments.confirm(session, offer.hold, by=by, at=at)


def end(session: Session, entry: Entry, reason: EndReason, *, at: datetime) -> None:
    """Nobody asks them again. What has ended stays as it ended."""
    if entry.ended_at is None:
        entry.ended_at, entry.end_reason = at, reason
        session.flush()


def actor_of(patient: Patient) -> Actor:
    """The patient as who answers by the link of a message, where nobody has signed in."""
    return Actor(
        account_id=patient.account_id,
        role=Role.PATIENT,
        full_name=patient.full_name,
        patient_id=patient.id,
        patient_resource_id=patient.resource_id,
    )


def _move(session: Session, offer: Offer, *, by: Actor, at: datetime) -> Appointment:
    """The held time is given back and taken again in one breath: the clinician's resource is locked meanwhile."""
    key = SlotKey.of(offer.hold)
    appointments.release(session, offer.hold, by=SYSTEM, at=at)
    return appointments.reschedule(session, offer.visit, key, by=by, at=at)


def _lock(session: Session, offer: Offer) -> None:
    """Resources, then the hold, then the offer: the order in which an expiring hold meets its offer too.

    Among the resources is the clinician whose visit is cancelled for it.
    """
    lock_for_change(session, offer.hold, offer.patient.resource_id, offer.entry.clinician.resource_id)
    statement = select(Offer).where(Offer.id == offer.id).with_for_update()
    session.scalars(statement.execution_options(populate_existing=True)).one()


def _join(session: Session, entry: Entry, when: When, *, by: Actor, at: datetime, today: date) -> Entry:
    when.check(today)
    entry.weekdays, entry.parts = sorted(set(when.weekdays)), [one for one in ALL_PARTS if one in when.parts]
    entry.created_by_id, entry.created_at = by.account_id, at
    session.add(entry)
    session.flush()
    session.add(Opening(clinician_id=entry.clinician_id, noted_at=at))
    return entry


def _check_not_waiting(session: Session, which: object) -> None:
    if session.scalar(select(Entry.id).where(WAITING, which)):  # type: ignore[arg-type]
        raise AlreadyWaiting
