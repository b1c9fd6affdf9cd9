"""Reading the waiting list. Whatever leaves here is what the actor may see."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, and_, exists, false, func, or_, select, true
from sqlalchemy.orm import Session, joinedload

from portal.appointments.models import Appointment, SessionType
from portal.core.errors import Forbidden, NotFound
from portal.core.pagination import DEFAULT_LIMIT, Page, paginate
from portal.core.permissions import Actor, Permission, Role
from portal.people.models import Clinician
from portal.people.queries import listed, works_at
from portal.scheduling.models import Service
from portal.waiting_list.models import Entry, Offer, OfferState

WHOLE = (
    joinedload(Entry.patient),
    joinedload(Entry.appointment),
    joinedload(Entry.clinician),
    joinedload(Entry.service),
    joinedload(Entry.centre),
)
WAITING = Entry.ended_at.is_(None)


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """Patients see their own entries, the desk those of its centre, managers all."""
    if actor.role is Role.PATIENT:
        return Entry.patient_id.in_(actor.patient_ids)
    if not actor.may(Permission.WAITING_LIST_MANAGE):
        return false()
    if actor.role is not None and actor.role.is_bound_to_centre:
        return Entry.centre_id.in_(actor.centre_ids)
    return true()


def get_visible(session: Session, actor: Actor, entry_id: int) -> Entry:
    """The entry; raises NotFound, or Forbidden for staff of another centre."""
    found = session.scalar(select(Entry).options(*WHOLE).where(Entry.id == entry_id, visible_to(actor)))
    if found is not None:
        return found
    exists = select(Entry.id).where(Entry.id == entry_id)
    if actor.may(Permission.WAITING_LIST_MANAGE) and session.scalar(exists):
        raise Forbidden
    raise NotFound


def in_line(actor: Actor) -> Select[Entry]:
    """The statement behind every list of those who wait, in the order in which they are asked."""
    found = select(Entry).options(*WHOLE).where(WAITING, visible_to(actor))
    return found.order_by(Entry.created_at, Entry.id)


def waiting(
    session: Session,
    actor: Actor,
    *,
    centre_id: int | None = None,
    page: int = 1,
    limit: int = DEFAULT_LIMIT,
) -> Page[Entry]:
    """A page of that list."""
    found = in_line(actor)
    if centre_id is not None:
        found = found.where(Entry.centre_id == centre_id)
    return paginate(session, found, page, limit)


def waited_for(session: Session, actor: Actor, at: datetime) -> tuple[set[int | None], list[Offer]]:
    """The ids of the visits that are to come earlier, with what can be accepted now, in one query.

    None is among the ids where somebody waits for any time.
    """
    is_open = and_(Offer.entry_id == Entry.id, Offer.state == OfferState.OPEN, Offer.expires_at > at)
    found = (
        select(Entry.appointment_id, Offer)
        .outerjoin(Offer, is_open)
        .options(*OFFER_WHOLE)
        .where(WAITING, visible_to(actor))
        .order_by(Offer.expires_at, Offer.id)
    )
    rows = session.execute(found).all()
    return {row[0] for row in rows}, list(filter(None, (row[1] for row in rows)))


def entry_of(session: Session, appointment: Appointment) -> Entry | None:
    """Who waits for an earlier time of that visit."""
    return session.scalar(select(Entry).where(WAITING, Entry.appointment_id == appointment.id))


def has_others(session: Session, appointment: Appointment) -> bool:
    """Does anybody else at its place offer the same, in the same way, without having to accept it first?"""
    is_offered = Service.is_online if appointment.session_type == SessionType.ONLINE else Service.is_in_person
    same = (
        Service.is_active & is_offered & (func.lower(Service.title) == func.lower(appointment.service.title))
    )
    at_place = true() if appointment.centre_id is None else works_at(frozenset([appointment.centre_id]))
    others = select(Clinician.id).where(
        Clinician.id != appointment.clinician_id,
        ~Clinician.requires_acceptance,
        listed(),
        at_place,
        exists().where(Service.clinician_id == Clinician.id, same),
    )
    return session.scalar(others.limit(1)) is not None


def open_offers(session: Session, actor: Actor, at: datetime) -> Sequence[Offer]:
    """What can be accepted now, the first to expire first."""
    found = (
        select(Offer)
        .join(Offer.entry)
        .options(*OFFER_WHOLE)
        .where(visible_to(actor), Offer.state == OfferState.OPEN, Offer.expires_at > at)
    )
    return session.scalars(found.order_by(Offer.expires_at, Offer.id)).all()


def get_offer(session: Session, actor: Actor, offer_id: int) -> Offer:
    """The offer, whatever became of it; raises NotFound."""
    found = session.scalar(
        select(Offer).join(Offer.entry).options(*OFFER_WHOLE).where(Offer.id == offer_id, visible_to(actor))
    )
    if found is None:
        raise NotFound
    return found


def offers_made(session: Session, entries: Sequence[Entry]) -> dict[int, int]:
    """How many offers each of these entries has had."""
    ids = [entry.id for entry in entries]
    counted = select(Offer.entry_id, func.count()).where(Offer.entry_id.in_(ids)).group_by(Offer.entry_id)
    return dict(session.execute(counted).all())


OFFER_WHOLE = (
    joinedload(Offer.entry).joinedload(Entry.appointment),
    joinedload(Offer.entry).joinedload(Entry.clinician),
    joinedload(Offer.patient),
    joinedload(Offer.hold).joinedload(Appointment.clinician),
    joinedload(Offer.hold).joinedload(Appointment.centre),
    joinedload(Offer.hold).joinedload(Appointment.service),
)


def over(at: datetime) -> ColumnElement[bool]:
    """Is there nothing left to wait for? The visit is over or begins, or the last day is past everywhere."""
    gone = or_(Appointment.starts_at <= at, Appointment.status.not_in(["PENDING", "CONFIRMED"]))
    visits = select(Appointment.id).where(gone)
    return or_(
        and_(Entry.appointment_id.is_not(None), Entry.appointment_id.in_(visits)),
        Entry.last_on < at.date() - timedelta(days=1),
    )
