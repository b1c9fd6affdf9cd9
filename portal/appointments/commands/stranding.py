"""Changes to hours that would leave booked appointments outside of them: nobody is stranded unseen."""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from portal.appointments.commands.locking import lock_resources
from portal.appointments.errors import WouldStrand
from portal.appointments.models import Appointment, Status
from portal.appointments.queries import WITH_PEOPLE
from portal.people.models import Clinician
from portal.scheduling.intervals import Interval
from portal.scheduling.rosters import roster


def guarded(
    session: Session,
    clinicians: list[Clinician],
    change: Callable[[], object],
    *,
    accepted: bool,
    at: datetime,
) -> list[Appointment]:
    """Make a change to hours; raises WouldStrand with the appointments it would leave without working time.

    With `accepted`, the change is made all the same and those appointments are returned: they stay as booked.
    Bookings of these clinicians wait until the transaction ends, so that none slips in between look and change.
    """
    lock_resources(session, [clinician.resource_id for clinician in clinicians])
    before = ids_outside_hours(session, clinicians, at=at)
    change()
    session.flush()
    stranded = _loaded(session, ids_outside_hours(session, clinicians, at=at) - before)
    if stranded and not accepted:
        raise WouldStrand(stranded)
    return stranded


def outside_hours(session: Session, clinicians: list[Clinician], *, at: datetime) -> list[Appointment]:
    """Coming appointments of these clinicians that lie outside their working time as it is now, in order."""
    return _loaded(session, ids_outside_hours(session, clinicians, at=at))


def ids_outside_hours(session: Session, clinicians: list[Clinician], *, at: datetime) -> set[int]:
    """The same as ids only: three queries that read little, however much is booked."""
    clinician_ids = [clinician.id for clinician in clinicians]
    times = select(
        Appointment.id,
        Appointment.clinician_id,
        Appointment.centre_id,
        Appointment.starts_at,
        Appointment.ends_at,
    ).where(is_coming(at), Appointment.clinician_id.in_(clinician_ids))
    coming = session.execute(times.order_by(Appointment.starts_at)).all()
    if not coming:
        return set()
    first, last = coming[0][3].date() - timedelta(days=1), coming[-1][3].date() + timedelta(days=1)
    timetables = roster(session, clinician_ids, first, last).timetables
    outside = set()
    for appointment_id, clinician_id, centre_id, starts_at, ends_at in coming:
        timetable = timetables.get((clinician_id, centre_id))
        if timetable is None or not timetable.is_working(Interval(starts_at, ends_at)):
            outside.add(appointment_id)
    return outside


def check_none_coming(
    session: Session,
    *,
    at: datetime,
    clinician_id: int | None = None,
    centre_id: int | None = None,
    patient_id: int | None = None,
) -> None:
    """Raises WouldStrand with the coming appointments of the clinician and patient, and at the centre."""
    coming = coming_appointments(
        session, at=at, clinician_id=clinician_id, centre_id=centre_id, patient_id=patient_id
    )
    if coming:
        raise WouldStrand(coming)


def coming_appointments(
    session: Session,
    *,
    at: datetime,
    clinician_id: int | None = None,
    centre_id: int | None = None,
    patient_id: int | None = None,
) -> list[Appointment]:
    """Booked appointments that have not begun, of the clinician and patient and at the centre, in order."""
    statement = select(Appointment).options(*WITH_PEOPLE).where(is_coming(at))
    if clinician_id is not None:
        statement = statement.where(Appointment.clinician_id == clinician_id)
    if centre_id is not None:
        statement = statement.where(Appointment.centre_id == centre_id)
    if patient_id is not None:
        statement = statement.where(Appointment.patient_id == patient_id)
    return list(session.scalars(statement.order_by(Appointment.starts_at, Appointment.id)))


def count_coming(session: Session, service_id: int, *, at: datetime) -> int:
    """How many appointments of a service are booked and have not begun."""
    found = select(func.count()).where(is_coming(at), Appointment.service_id == service_id)
    return session.scalar(found) or 0


def is_coming(at: datetime) -> ColumnElement[bool]:
    """Booked, and neither over nor begun."""
    return and_(
        Appointment.starts_at > at,
        Appointment.status.in_([Status.PENDING, Status.CONFIRMED]),
        Appointment.booked_at.is_not(None),
    )


def _loaded(session: Session, ids: set[int]) -> list[Appointment]:
    if not ids:
        return []
    statement = select(Appointment).options(*WITH_PEOPLE).where(Appointment.id.in_(ids))
    return list(session.scalars(statement.order_by(Appointment.starts_at, Appointment.id)))
