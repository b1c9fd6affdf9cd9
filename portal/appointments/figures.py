"""How a practice is doing at the moment: counts and what waits for an answer, read in few queries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, false, func, or_, select
from sqlalchemy.orm import Session

from portal.appointments.models import Appointment, Status, Waiting
from portal.appointments.queries import BOOKED, WITH_PEOPLE, visible_to
from portal.core.permissions import Actor


@dataclass(frozen=True)
class DayFigures:
    """Of one day at one centre: what was booked and not cancelled, and how many of them have come."""

    booked: int = 0
    arrived: int = 0


def day_figures(
    session: Session, actor: Actor, days: Mapping[int | None, tuple[datetime, datetime]]
) -> dict[int | None, DayFigures]:
    """The figures by centre (None: online, at no centre); `days` says from when to when each centre's day lasts."""
    within = [
        and_(
            Appointment.centre_id.is_not_distinct_from(centre_id),
            Appointment.starts_at >= begins,
            Appointment.starts_at < ends,
        )
        for centre_id, (begins, ends) in days.items()
    ]
    has_come = or_(Appointment.arrived_at.is_not(None), Appointment.status == Status.COMPLETED)
    statement = (
        select(Appointment.centre_id, func.count(), func.count().filter(has_come))
        .where(BOOKED, Appointment.status != Status.CANCELLED, visible_to(actor), or_(false(), *within))
        .group_by(Appointment.centre_id)
    )
    counted = {
        centre_id: DayFigures(booked, arrived) for centre_id, booked, arrived in session.execute(statement)
    }
    return {centre_id: counted.get(centre_id, DayFigures()) for centre_id in days}


def waiting_for_answer(session: Session, actor: Actor, *, at: datetime) -> list[Appointment]:
    """Coming appointments that a clinician has to accept, or whose patient asks to cancel late; next ones first."""
    requested = and_(
        Appointment.status == Status.PENDING,
        Appointment.waiting_for == Waiting.ACCEPTANCE,
        Appointment.hold_expires_at > at,
    )
    to_cancel = and_(
        Appointment.status.in_([Status.PENDING, Status.CONFIRMED]),
        Appointment.cancellation_requested_at.is_not(None),
        Appointment.starts_at > at,
    )
    statement = (
        select(Appointment).options(*WITH_PEOPLE).where(BOOKED, visible_to(actor), or_(requested, to_cancel))
    )
    return list(session.scalars(statement.order_by(Appointment.starts_at, Appointment.id)))


def requests_waiting(session: Session) -> int:
    """How many requests of the whole practice a clinician has yet to accept."""
    waiting = Appointment.waiting_for == Waiting.ACCEPTANCE
    return session.scalar(select(func.count()).where(waiting)) or 0


def holds_overdue(session: Session, *, at: datetime) -> int:
    """How many pending appointments ran out before then and still stand: none while the jobs keep up."""
    overdue = and_(Appointment.status == Status.PENDING, Appointment.hold_expires_at < at)
    return session.scalar(select(func.count()).where(overdue)) or 0
