"""Visits that a subscription covers: so many of each period that is paid for, counted when they take place."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from portal.appointments.events import AppointmentCancelled, AppointmentCompleted, AppointmentMissed
from portal.appointments.models import Appointment
from portal.appointments.rules import CancellationOutcome, party_of
from portal.core.permissions import Actor
from portal.payments import cancelling, earning, rules
from portal.payments.errors import NotCovered, NoVisitsLeft
from portal.payments.models import Payment
from portal.payments.own_visits import has_usual_price, take_unpaid
from portal.payments.subscription_models import CoveredVisit, Subscription, SubscriptionStatus
from portal.payments.subscription_reading import for_change, live_of


@dataclass(frozen=True)
class Cover:
    """What a subscription still pays for in its period."""

    subscription: Subscription
    left: int


def cover_for(session: Session, appointment: Appointment, *, patient_id: int | None) -> Cover | None:
    """The subscription of a patient that would pay for that visit, if there is one with visits left."""
    subscription = session.scalar(live_of(patient_id))
    if subscription is None or not subscription.covers_at(appointment.starts_at):
        return None
    if not has_usual_price(session, appointment):
        return None
    left = visits_left(session, subscription)
    return Cover(subscription, left) if left else None


def visits_left(session: Session, subscription: Subscription) -> int:
    """How many visits the present period still covers; none while nothing is paid for."""
    return all_visits_left(session, [subscription])[subscription.id]


def all_visits_left(session: Session, subscriptions: Collection[Subscription]) -> dict[int, int]:
    """The same of many, by id, in one query."""
    counted = (
        select(Subscription.id, func.count())
        .join(CoveredVisit, CoveredVisit.subscription_id == Subscription.id)
        .join(Appointment, Appointment.id == CoveredVisit.appointment_id)
        .where(
            Subscription.id.in_([one.id for one in subscriptions]),
            CoveredVisit.returned_at.is_(None),
            Appointment.starts_at >= Subscription.starts_at,
            Appointment.starts_at < Subscription.ends_at,
        )
        .group_by(Subscription.id)
    )
    used = dict(session.execute(counted).all()) if subscriptions else {}
    return {
        one.id: max(0, one.visits - used.get(one.id, 0)) if one.status == SubscriptionStatus.ACTIVE else 0
        for one in subscriptions
    }


def cover(session: Session, appointment: Appointment, *, by: Actor, at: datetime) -> Appointment:
    """The patient has a held or booked visit covered: it is booked, and nothing is to be paid. Never commits.

    Of two at once for the last one of the period one wins. Raises NotCovered, NoVisitsLeft, and what `take_unpaid`
    raises.
    """
    visit = take_unpaid(session, appointment, by=by, at=at)
    subscription = session.scalar(for_change(live_of(by.patient_id)))
    covers = subscription is not None and subscription.covers_at(visit.starts_at)
    if subscription is None or not covers or not has_usual_price(session, visit):
        raise NotCovered
    if not visits_left(session, subscription):
        raise NoVisitsLeft
    session.add(CoveredVisit(subscription_id=subscription.id, appointment_id=visit.id, covered_at=at))
    session.flush()
    return visit


def settle_cancellation(session: Session, event: AppointmentCancelled) -> None:
    """Subscriber: a visit that is cancelled in time can be had again; one that is cancelled late is used up."""
    appointment = session.get_one(Appointment, event.appointment_id)
    covered = _covered(session, appointment)
    if covered is None:
        return
    outcome = CancellationOutcome.FREE
    if not event.was_request:
        outcome = cancelling.outcome_of(session, appointment, by=event.by, at=event.at)
    if rules.refund_on_cancelling(outcome, by=party_of(event.by), paid=rules.Paid(1)):
        covered.returned_at = event.at
        session.flush()
    else:
        _earn(session, covered, appointment, event.at)


def earn_visit(session: Session, event: AppointmentCompleted | AppointmentMissed) -> None:
    """Subscriber: a covered visit that has been, or that nobody came to, earns its part of the period's price."""
    appointment = session.get_one(Appointment, event.appointment_id)
    covered = _covered(session, appointment)
    if covered is not None:
        _earn(session, covered, appointment, event.at)


def _earn(session: Session, covered: CoveredVisit, visit: Appointment, at: datetime) -> None:
    """From the newest payment before the visit, or from the first."""
    subscription = session.get_one(Subscription, covered.subscription_id)
    of_it = Payment.subscription_id == subscription.id, Payment.paid_at.is_not(None)
    is_late = Payment.paid_at > visit.starts_at
    payment = session.scalar(select(Payment).where(*of_it).order_by(is_late, Payment.paid_at.desc()).limit(1))
    if payment is not None:
        worth = payment.amount_minor // subscription.visits
        earning.earn_covered(session, payment, visit, worth_minor=worth, at=at)


def _covered(session: Session, appointment: Appointment) -> CoveredVisit | None:
    of_visit = CoveredVisit.appointment_id == appointment.id, CoveredVisit.returned_at.is_(None)
    return session.scalar(select(CoveredVisit).where(*of_visit))
