"""Who is about to come hears that their clinician runs late, once for each step, and that it is over."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from portal.appointments.commands.locking import lock_resources
from portal.appointments.delays import clinicians_running_late, delays_of, is_affected
from portal.appointments.events import ClinicianDelayed
from portal.appointments.models import Appointment, Status
from portal.appointments.queries import WITH_PEOPLE
from portal.notifications import kinds
from portal.notifications.inbox import tell
from portal.notifications.kinds import Kind
from portal.notifications.models import Delivery, DeliveryStatus
from portal.notifications.news import DEFAULT_LANGUAGE, post, readers_of
from portal.notifications.rules import Reason
from portal.notifications.wording import IN_APP, appointment_values, in_app
from portal.people.models import Clinician

NEAR = timedelta(hours=2)
"""Whoever comes later is told when it is so near, if the clinician is late then."""

STEP = 10
"""Minutes by which it has to change before anybody is told again."""


def tell_delay(session: Session, event: ClinicianDelayed) -> None:
    """Subscriber: the patients of the next two hours there; the clinician's time is locked."""
    _tell_near(session, event.clinician_id, event.centre_id, event.minutes, event.at)


def tell_due(session: Session, *, at: datetime) -> None:
    """Those whose visit has come near meanwhile, of everybody who runs late."""
    ids = clinicians_running_late(session, at)
    if not ids:
        return
    resources = session.scalars(select(Clinician.resource_id).where(Clinician.id.in_(ids))).all()
    lock_resources(session, resources)
    for (clinician_id, centre_id), delay in delays_of(session, ids, at).items():
        _tell_near(session, clinician_id, centre_id, delay.minutes, at)


def values_of(delivery: Delivery) -> dict[str, str]:
    """By how much it says that the clinician is late: kept as minutes after the start."""
    if delivery.kind != Kind.RUNNING_LATE:
        return {}
    return {"minutes": str(-(delivery.offset_minutes or 0))}


def _tell_near(
    session: Session, clinician_id: int, centre_id: int | None, minutes: int, at: datetime
) -> None:
    visits = _near(session, clinician_id, centre_id, at)
    told = _told(session, visits)
    for visit in visits:
        rows = told.get(visit.id, [])
        if _is_news(minutes, rows):
            _tell(session, visit, minutes, rows, at)


def _near(session: Session, clinician_id: int, centre_id: int | None, at: datetime) -> list[Appointment]:
    statement = select(Appointment).where(
        Appointment.clinician_id == clinician_id,
        Appointment.centre_id.is_not_distinct_from(centre_id),
        Appointment.status == Status.CONFIRMED,
        Appointment.starts_at > at,
        Appointment.starts_at <= at + NEAR,
    )
    found = session.scalars(statement.options(*WITH_PEOPLE).order_by(Appointment.starts_at))
    return [visit for visit in found if is_affected(visit, at)]


def _told(session: Session, visits: Sequence[Appointment]) -> dict[int, list[Delivery]]:
    """By visit what its patient was told of delays, or is about to be, in order."""
    statement = (
        select(Delivery)
        .join(Appointment, Appointment.id == Delivery.appointment_id)
        .where(
            Delivery.appointment_id.in_([visit.id for visit in visits]),
            Delivery.starts_at == Appointment.starts_at,
            Delivery.kind.in_(kinds.DELAYS),
            Delivery.reason != Reason.REPLACED,
        )
        .order_by(Delivery.id)
    )
    found: dict[int, list[Delivery]] = defaultdict(list)
    for row in session.scalars(statement.execution_options(populate_existing=True)):
        found[row.appointment_id or 0].append(row)
    return found


def _is_news(minutes: int, told: Sequence[Delivery]) -> bool:
    """Does it differ enough from what was told last? That it is over always does."""
    known = -(told[-1].offset_minutes or 0) if told else 0
    return abs(minutes - known) >= STEP or (known > 0 and minutes == 0)


def _tell(session: Session, visit: Appointment, minutes: int, told: Sequence[Delivery], at: datetime) -> None:
    """What has not gone out yet is replaced; who was told of no delay hears nothing of its end."""
    kind = Kind.RUNNING_LATE if minutes else Kind.ON_TIME_AGAIN
    replaced = _replace_unsent(session, visit)
    gone_out = [row for row in told if row.id not in replaced]
    rows: Sequence[Delivery] = ()
    if _is_news(minutes, gone_out):
        number = max((row.round for row in told), default=0) + 1
        rows = post(session, visit, kind, at=at, round=number)
    for row in rows:
        row.offset_minutes = -minutes
    if rows or replaced:
        _show(session, visit, minutes, kind, at)


def _show(session: Session, visit: Appointment, minutes: int, kind: Kind, at: datetime) -> None:
    for reader in readers_of(session, visit.patient):
        if reader.account_id is not None:
            language = reader.language or DEFAULT_LANGUAGE
            values = appointment_values(visit, language=language, reader=reader)
            said = in_app(kind, language, {**values, "minutes": str(minutes)})
            tell(session, reader.account_id, IN_APP[kind], *said, action="view", related_id=visit.id, at=at)


def _replace_unsent(session: Session, visit: Appointment) -> set[int]:
    """The ids of what was about to be told of delays, and is not any more."""
    waiting = update(Delivery).where(
        Delivery.appointment_id == visit.id,
        Delivery.kind.in_(kinds.DELAYS),
        Delivery.status == DeliveryStatus.PENDING,
        Delivery.attempts == 0,
    )
    replaced = waiting.values(status=DeliveryStatus.SKIPPED, reason=Reason.REPLACED).returning(Delivery.id)
    return set(session.scalars(replaced, execution_options={"synchronize_session": "fetch"}))
