"""What did not arrive and nobody has dealt with: whom to call, about what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    DateTime,
    ScalarSelect,
    bindparam,
    case,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from portal.accounts.models import Account
from portal.appointments.models import Appointment
from portal.appointments.queries import WITH_PEOPLE
from portal.core.pagination import Page, paginate
from portal.core.permissions import Actor
from portal.notifications.handling import can_send_again
from portal.notifications.history import WITHOUT_WORDS, deliveries_visible_to
from portal.notifications.kinds import SECRET, SERIES, Kind
from portal.notifications.models import OPEN, UNDELIVERED, Delivery
from portal.notifications.rules import OVERDUE

Instant = datetime | BindParameter[datetime]

# Who asked for a code or a link is still there and asks again.
ASKED_ANEW = (*SECRET, Kind.ALREADY_REGISTERED)


@dataclass(frozen=True)
class Line:
    """A message that did not arrive, about which appointment, to whom; phone (E.164) and email may be unknown."""

    delivery: Delivery
    appointment: Appointment | None
    name: str
    phone: str | None
    email: str | None
    is_ahead: bool
    can_send_again: bool
    is_overdue: bool


def undelivered(
    session: Session, actor: Actor, *, at: datetime, page: int = 1, limit: int = 20
) -> Page[Line]:
    """A page of them: first those of appointments still to come, the next one first; then the others, newest first."""
    ahead = Appointment.starts_at > at
    found = (
        select(Delivery)
        .options(*WITHOUT_WORDS)
        .outerjoin(Appointment, Appointment.id == Delivery.appointment_id)
        .where(_waiting_for(actor, at))
        .order_by(case((ahead, Appointment.starts_at)).asc().nulls_last(), Delivery.id.desc())
    )
    rows = paginate(session, found, page, limit)
    return Page(_lines(session, rows.items, at), rows.page, rows.limit, rows.total)


@lru_cache(maxsize=256)
def undelivered_figure(actor: Actor) -> ScalarSelect[int]:
    """How many wait for somebody at the instant `at`, as part of another query, and built once for each who asks."""
    at = bindparam("at", type_=DateTime(timezone=True))
    return select(func.count(Delivery.id)).where(_waiting_for(actor, at)).correlate(None).scalar_subquery()


def count_overdue(session: Session, *, at: datetime) -> int:
    """How many messages should have gone out and were not even tried: none, while the jobs run."""
    return session.scalar(select(func.count(Delivery.id)).where(_is_overdue(at))) or 0


def _waiting_for(actor: Actor, at: Instant) -> ColumnElement[bool]:
    """What did not arrive, or does not even leave; a series is one message, however many visits it was to tell of."""
    is_whole = Delivery.bundled_into_id.is_(None) | Delivery.kind.not_in(SERIES)
    did_not_arrive = Delivery.status.in_(UNDELIVERED) & Delivery.handled_at.is_(None) & is_whole
    return (
        or_(did_not_arrive, _is_overdue(at)) & Delivery.kind.not_in(ASKED_ANEW) & deliveries_visible_to(actor)
    )


def _is_overdue(at: Instant) -> ColumnElement[bool]:
    """Waiting, or left with a claim whose process is gone: nobody takes it up again."""
    return Delivery.status.in_(OPEN) & (Delivery.due_at < at - OVERDUE)


def _lines(session: Session, rows: Sequence[Delivery], at: datetime) -> list[Line]:
    """With the appointments and accounts of all of them in one query each."""
    about = {row.appointment_id for row in rows if row.appointment_id}
    visits = session.scalars(select(Appointment).options(*WITH_PEOPLE).where(Appointment.id.in_(about)))
    appointments = {visit.id: visit for visit in visits} if about else {}
    to = {row.account_id for row in rows if row.account_id}
    accounts = (
        {one.id: one for one in session.scalars(select(Account).where(Account.id.in_(to)))} if to else {}
    )
    return [_line(row, appointments, accounts, at) for row in rows]


def _line(
    row: Delivery, appointments: Mapping[int, Appointment], accounts: Mapping[int, Account], at: datetime
) -> Line:
    appointment = appointments.get(row.appointment_id or 0)
    patient = appointment.patient if appointment and row.patient_id else None
    person = patient or accounts.get(row.account_id or 0)
    return Line(
        delivery=row,
        appointment=appointment,
        name=person.full_name if person else "",
        phone=person.phone if person else None,
        email=person.email if person else None,
        is_ahead=appointment is not None and appointment.starts_at > at,
        can_send_again=row.status in UNDELIVERED and can_send_again(row, appointment, at),
        is_overdue=row.status in OPEN,
    )
