"""Subscriptions that are read: a patient's own, and one that nobody else changes until the transaction ends."""

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from portal.core.errors import NotFound
from portal.core.pagination import Page, paginate
from portal.core.permissions import Actor
from portal.payments.subscription_models import LIVE, Subscription


def own(session: Session, actor: Actor, *, page: int = 1, limit: int = 20) -> Page[Subscription]:
    """A page of a patient's subscriptions, the newest first."""
    theirs = select(Subscription).where(Subscription.patient_id == actor.patient_id)
    return paginate(session, theirs.order_by(Subscription.id.desc()), page, limit)


def get_own(session: Session, actor: Actor, subscription_id: int) -> Subscription:
    """Raises NotFound for anybody else's."""
    theirs = Subscription.id == subscription_id, Subscription.patient_id == actor.patient_id
    found = session.scalar(select(Subscription).where(*theirs))
    if found is None:
        raise NotFound
    return found


def live_of(patient_id: int | None) -> Select[Subscription]:
    """The one that a patient has, or has begun to pay for."""
    return select(Subscription).where(Subscription.patient_id == patient_id, Subscription.status.in_(LIVE))


def for_change(found: Select[Subscription]) -> Select[Subscription]:
    """The same, locked and read afresh."""
    in_order = found.order_by(Subscription.id).with_for_update(of=Subscription, key_share=True)
    return in_order.execution_options(populate_existing=True)


def locked(session: Session, subscription_id: int) -> Subscription:
    return session.scalars(for_change(select(Subscription).where(Subscription.id == subscription_id))).one()
