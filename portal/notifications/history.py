"""Reading deliveries: who may see which, the history, one of them, and how many arrived."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, false, func, select, true
from sqlalchemy.orm import Session, defer

from portal.appointments.models import Appointment
from portal.appointments.queries import visible_to
from portal.core.errors import Forbidden, NotFound
from portal.core.pagination import Page, paginate
from portal.core.permissions import Actor, Permission, Role
from portal.notifications.kinds import Kind
from portal.notifications.models import OPEN, Delivery, DeliveryStatus
from portal.payments.models import Payment

# A card names what matters; an appointment that was moved twenty times fills no page.
MOST_OF_APPOINTMENT = 30


class State(StrEnum):
    """A delivery's status as people read it: what is on its way is PENDING."""

    PENDING = "PENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    SKIPPED = "SKIPPED"
    MISSED = "MISSED"


TYPES: dict[str, tuple[str, ...]] = {
    "APPOINTMENT_CONFIRMATION": (Kind.CONFIRMED,),
    "APPOINTMENT_REMINDER": (Kind.REMINDER, Kind.REMINDER_DAY),
    **{
        kind.replace("-", "_").upper(): (kind,)
        for kind in Kind
        if kind not in {Kind.CONFIRMED, Kind.REMINDER, Kind.REMINDER_DAY}
    },
}
"""What the documents call a notificationType, and the kinds of deliveries that are of it."""

_TYPE_OF = {kind: name for name, kinds in TYPES.items() for kind in kinds}


@dataclass(frozen=True)
class Filters:
    """What the history may be narrowed to; instants are half-open [created_from, created_before)."""

    patient_id: int | None = None
    appointment_id: int | None = None
    notification_type: str = ""
    state: State | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


@dataclass(frozen=True)
class Figures:
    """How many messages of a sort became what. Attempts are what was handed to a provider, whatever it said."""

    sent: int = 0
    failed: int = 0
    missed: int = 0
    skipped: int = 0
    pending: int = 0

    @property
    def attempts(self) -> int:
        return self.sent + self.failed

    @property
    def success_rate(self) -> float | None:
        """Of the attempts those that succeeded, in percent with one decimal; None without any."""
        return round(100 * self.sent / self.attempts, 1) if self.attempts else None

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            self.sent + other.sent,
            self.failed + other.failed,
            self.missed + other.missed,
            self.skipped + other.skipped,
            self.pending + other.pending,
        )


def notification_type(kind: str) -> str:
    """The documented word for a kind."""
    return _TYPE_OF.get(kind, kind.replace("-", "_").upper())


def state_of(delivery: Delivery) -> State:
    """The status as people read it."""
    return State.PENDING if delivery.status in OPEN else State(delivery.status)


def deliveries_visible_to(actor: Actor) -> ColumnElement[bool]:
    """All for those who run the practice; for other staff those of the appointments that they work with.

    A clinician who is somebody's patient learns nothing here of those visits; patients see none.
    """
    if actor.may(Permission.DELIVERY_LIST):
        return true()
    if not actor.may(Permission.APPOINTMENT_VIEW):
        return false()
    own = (
        Appointment.clinician_id == actor.clinician_id if actor.role is Role.CLINICIAN else visible_to(actor)
    )
    return Delivery.appointment_id.in_(select(Appointment.id).where(own))


def listed(actor: Actor, filters: Filters) -> Select[Delivery]:
    """The statement behind the history: what the actor may see, newest first. Texts and codes are not loaded."""
    found = select(Delivery).options(*WITHOUT_WORDS)
    found = found.where(deliveries_visible_to(actor), *_conditions(filters))
    return found.order_by(Delivery.created_at.desc(), Delivery.id.desc())


def search(
    session: Session, actor: Actor, filters: Filters, *, page: int = 1, limit: int = 20
) -> Page[Delivery]:
    """A page of it."""
    return paginate(session, listed(actor, filters), page, limit)


def get_visible(session: Session, actor: Actor, delivery_id: int) -> Delivery:
    """The delivery, without its words; raises NotFound, or Forbidden for staff of another centre."""
    found = session.scalar(
        select(Delivery)
        .options(*WITHOUT_WORDS)
        .where(Delivery.id == delivery_id, deliveries_visible_to(actor))
    )
    if found is not None:
        return found
    of_appointment = select(Delivery.id).where(
        Delivery.id == delivery_id, Delivery.appointment_id.is_not(None)
    )
    if actor.role is not None and actor.role.is_bound_to_centre and session.scalar(of_appointment):
        raise Forbidden
    raise NotFound


def of_appointment(session: Session, actor: Actor, appointment_id: int) -> Sequence[Delivery]:
    """The latest messages about an appointment that the actor may see, newest first."""
    return session.scalars(
        select(Delivery)
        .options(*WITHOUT_WORDS)
        .where(Delivery.appointment_id == appointment_id, deliveries_visible_to(actor))
        .order_by(Delivery.id.desc())
        .limit(MOST_OF_APPOINTMENT)
    ).all()


def of_link(session: Session, link: Payment) -> Sequence[Delivery]:
    """The messages by which a payment link went out, in the order in which they were written."""
    about = Delivery.appointment_id == link.appointment_id, Delivery.payment_id == link.id
    found = select(Delivery).where(*about, Delivery.kind == Kind.PAYMENT_LINK)
    return session.scalars(found.options(*WITHOUT_WORDS).order_by(Delivery.id)).all()


def figures(session: Session, actor: Actor, filters: Filters) -> Mapping[str, Figures]:
    """By notification type, in one query; the most attempts first."""
    status = DeliveryStatus
    rows = session.execute(
        select(
            Delivery.kind,
            _count(status.SENT),
            _count(status.FAILED),
            _count(status.MISSED),
            _count(status.SKIPPED),
            _count(*OPEN),
        )
        .where(deliveries_visible_to(actor), *_conditions(filters))
        .group_by(Delivery.kind)
        .order_by(Delivery.kind)
    )
    found: dict[str, Figures] = {}
    for kind, *counts in rows:
        name = notification_type(kind)
        found[name] = found.get(name, Figures()) + Figures(*map(int, counts))
    return dict(sorted(found.items(), key=lambda item: -item[1].attempts))


def total(of_types: Mapping[str, Figures]) -> Figures:
    """All types together."""
    return sum(of_types.values(), Figures())


def _count(*statuses: DeliveryStatus) -> ColumnElement[int]:
    return func.count().filter(Delivery.status.in_(statuses))


def _conditions(filters: Filters) -> list[ColumnElement[bool]]:
    conditions = []
    if filters.patient_id is not None:
        conditions.append(Delivery.patient_id == filters.patient_id)
    if filters.appointment_id is not None:
        conditions.append(Delivery.appointment_id == filters.appointment_id)
    if filters.notification_type:
        conditions.append(Delivery.kind.in_(TYPES[filters.notification_type]))
    if filters.state is not None:
        is_open = filters.state is State.PENDING
        conditions.append(Delivery.status.in_(OPEN if is_open else (DeliveryStatus(filters.state),)))
    if filters.created_from is not None:
        conditions.append(Delivery.created_at >= filters.created_from)
    if filters.created_before is not None:
        conditions.append(Delivery.created_at < filters.created_before)
    return conditions


WITHOUT_WORDS = tuple(
    defer(column, raiseload=True) for column in (Delivery.subject, Delivery.text, Delivery.code)
)
"""What a message said is for whoever got it; a code opens a door."""
